import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { root } from './root.js'

/** Every package that is measured, or that measures. */
const PACKAGES = [
  'fastify',
  'koa',
  'express',
  'hono',
  '@hono/node-server',
  '@fastify/jwt',
  'koa-jwt',
  'express-jwt',
  'express-oauth2-jwt-bearer',
  'fast-jwt',
  'jose',
  'jsonwebtoken',
  '@node-rs/jsonwebtoken',
  'lru-cache',
  '@solana/web3.js',
  'autocannon',
]

/** Where and with what a run was made, as lines of text. */
export function describeMachine(): string[] {
  const gib = totalmem() / 2 ** 30
  const model = cpus()[0]?.model.trim() || 'unknown'
  return [
    `CPU: ${model}, ${availableParallelism()} cores; ${gib.toFixed(1)} GiB of memory`,
    `OS: ${type()} ${release()} ${arch()}`,
    `Node: ${process.version} (V8 ${process.versions.v8})`,
    `sallyport ${versionAt(root)}`,
    `Packages: ${PACKAGES.map((name) => `${name} ${versionAt(join(root, 'node_modules', name))}`).join(', ')}`,
  ]
}

function versionAt(folder: string): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  return version
}
