import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'sallyport-package-'))

/** A project that has the packed package installed beside these packages, and no others. */
function projectWith(name: string, packages: readonly string[]): string {
  const modules = join(work, name, 'node_modules')
  mkdirSync(join(modules, 'sallyport'), { recursive: true })
  execFileSync('tar', ['-xzf', tarball, '-C', join(modules, 'sallyport'), '--strip-components=1'])
  for (const dependency of packages) {
    mkdirSync(dirname(join(modules, dependency)), { recursive: true })
    symlinkSync(join(root, 'node_modules', dependency), join(modules, dependency))
  }
  return join(work, name)
}

function run(project: string, file: string, code: string): string {
  writeFileSync(join(project, file), code)
  return execFileSync(process.execPath, ['--no-warnings', file], { cwd: project, encoding: 'utf8' }).trim()
}

let tarball: string

beforeAll(() => {
  const options = { cwd: root, encoding: 'utf8', stdio: 'pipe' } as const
  const packed = execFileSync(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', work],
    options,
  )
  tarball = join(work, JSON.parse(packed)[0].filename)
})

afterAll(() => rmSync(work, { recursive: true, force: true }))

describe('the packed package', () => {
  it('can be imported with jose and lru-cache alone, but for what needs a driver', () => {
    const project = projectWith('lean', ['jose', 'lru-cache'])
    const code = `
      const modules = await Promise.all(
        ['', '/express', '/koa', '/balances', '/stores/memory', '/stores/compose', '/stores/redis', '/client', '/testing']
          .map((path) => import('sallyport' + path)))
      console.log(modules.every((module) => Object.keys(module).length > 0))`
    expect(run(project, 'main.mjs', code)).toBe('true')
  })

  it.each([
    ['stores/sql', ['kysely']],
    ['stores/sqlite', ['kysely', 'libsql', '@libsql', '@neon-rs', 'detect-libc']],
    ['limits', ['rate-limiter-flexible']],
  ])('needs for %s its own packages and no other driver', (path, packages) => {
    const project = projectWith(path.replace('/', '-'), ['jose', 'lru-cache', ...packages])
    const code = `console.log(Object.keys(await import('sallyport/${path}')).length > 0)`
    expect(run(project, 'main.mjs', code)).toBe('true')
  })

  it('loads jose only for a token, so that importing it takes little time', () => {
    const project = projectWith('untold', ['lru-cache'])
    const code = `
      await Promise.all(['', '/express', '/koa'].map((path) => import('sallyport' + path)))
      console.log(await import('sallyport/client').catch((error) => error.code))`
    expect(run(project, 'main.mjs', code)).toBe('ERR_MODULE_NOT_FOUND')
  })

  it('needs for its client jose alone', () => {
    const project = projectWith('client', ['jose'])
    const code = `console.log(Object.keys(await import('sallyport/client')).includes('createClient'))`
    expect(run(project, 'main.mjs', code)).toBe('true')
  })

  it('holds every source file once, so that all subpaths know what one of them keeps', () => {
    const folder = join(projectWith('sources', []), 'node_modules/sallyport/dist/js')
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js.map'))
      .flatMap((name) => {
        const map: { readonly sources: string[] } = JSON.parse(readFileSync(join(folder, name), 'utf8'))
        return map.sources.map((source) => join(dirname(name), source))
      })
    expect(sources.length).toBeGreaterThan(150)
    expect(sources.filter((source, at) => sources.indexOf(source) !== at)).toEqual([])
  })

  it.each([
    ['import()', 'import(name)', 'import(name)'],
    ['require()', 'require(name)', 'require(name)'],
    ['either', 'require(name)', 'import(name)'],
  ])('knows a gate, an access, a cache by every subpath that is loaded by %s', (how, core, others) => {
    const project = projectWith(`shared-${how.replace('()', '')}`, ['jose', 'lru-cache'])
    const code = `
      const { createServer } = require('node:http')
      const loadCore = async (name) => ${core}
      const load = async (name) => ${others}
      const wallets = ['11111111111111111111111111111111']
      async function main() {
        const { createGate, GateError } = await loadCore('sallyport')
        const { requireAccess, getAccess } = await load('sallyport/express')
        const { cached } = await load('sallyport/balances')
        const { memoryStore } = await load('sallyport/stores/memory')
        const store = memoryStore()
        const balances = cached({ read: async () => {}, readMint: async () => {} })
        try {
          createGate({ store, balances, balanceCache: {} })
        } catch (error) {
          console.log(error instanceof GateError, error.problems.join())
        }
        const gate = createGate({ store, balances })
        const guard = requireAccess(gate)
        const server = createServer((req, res) =>
          guard(req, res, () => res.end(getAccess(req, gate).principal.accountId)))
        const { key } = await store.issueApiKey({ accountId: 'acme', wallets })
        server.listen(0, '127.0.0.1', async () => {
          const headers = { authorization: 'Bearer ' + key, 'x-wallet-address': wallets[0] }
          const answer = await fetch('http://127.0.0.1:' + server.address().port, { headers })
          console.log(answer.status, await answer.text())
          server.close()
        })
      }
      main()`
    expect(run(project, 'main.cjs', code).split('\n')).toEqual([
      'true balanceCache has no effect on balances that are already cached()',
      '200 acme',
    ])
  })

  it('brings a command line that runs', () => {
    const project = projectWith('command-line', ['jose', 'lru-cache', 'commander'])
    const program = join(project, 'node_modules/sallyport/dist/js/cli.js')
    expect(execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' })).toContain('doctor')
  })

  it('loads web3.js only when a balance is read', () => {
    const project = projectWith('unread', ['jose', 'lru-cache'])
    const code = `
      import { solanaBalances } from 'sallyport/balances/solana'
      const source = solanaBalances({ rpcUrl: 'http://127.0.0.1:1' })
      const signal = AbortSignal.timeout(1000)
      console.log(await source.readMint('So11111111111111111111111111111111111111112', { signal }).catch((error) => error.cause.code))`
    expect(run(project, 'main.mjs', code)).toBe('ERR_MODULE_NOT_FOUND')
  })

  it('needs fastify-plugin for its Fastify adapter, and no Fastify to be loaded', () => {
    const project = projectWith('fastify-adapter', ['jose', 'lru-cache', 'fastify-plugin'])
    const code = `console.log(Object.keys(await import('sallyport/fastify')).sort().join())`
    expect(run(project, 'main.mjs', code)).toBe(
      'getAccess,getSpend,optionalAccess,requireAccess,reserveSpend,routes,sallyport',
    )
  })

  it('guards an Express app written in CommonJS', () => {
    const project = projectWith('cjs-express', ['jose', 'lru-cache', 'express'])
    const code = `
      const express = require('express')
      const { createGate } = require('sallyport')
      const { requireAccess } = require('sallyport/express')
      const { memoryStore } = require('sallyport/stores/memory')
      const app = express()
      app.use(requireAccess(createGate({ store: memoryStore() })))
      const server = app.listen(0, '127.0.0.1', async () => {
        const answer = await fetch('http://127.0.0.1:' + server.address().port)
        console.log(answer.status, (await answer.json()).code)
        server.close()
      })`
    expect(run(project, 'main.cjs', code)).toBe('401 credential_missing')
  })

  it('registers with a Fastify app written in CommonJS', () => {
    const project = projectWith('cjs-fastify', ['jose', 'lru-cache', 'fastify', 'fastify-plugin'])
    const code = `
      const app = require('fastify')()
      const { createGate } = require('sallyport')
      const { memoryStore } = require('sallyport/stores/memory')
      app.register(require('sallyport/fastify').sallyport, { gate: createGate({ store: memoryStore() }) })
      app.inject('/').then((answer) => console.log(answer.statusCode, answer.json().code))`
    expect(run(project, 'main.cjs', code)).toBe('401 credential_missing')
  })

  it('carries what the README links to, and nothing of the tests, the ledger or the demo', () => {
    const folder = join(projectWith('contents', []), 'node_modules/sallyport')
    expect(readdirSync(folder).sort()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist',
      'docs',
      'examples',
      'package.json',
    ])
    expect(readdirSync(join(folder, 'dist')).sort()).toEqual(['js', 'types'])
    expect(readdirSync(join(folder, 'examples')).filter((name) => !name.endsWith('.ts'))).toEqual([])
    const readme = readFileSync(join(folder, 'README.md'), 'utf8')
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? '')
    expect(links).toContain('CONTRIBUTING.md')
    expect(links.filter((link) => !existsSync(join(folder, link)))).toEqual([])
  })

  it('hides every file that is not a documented path', () => {
    const project = projectWith('hidden', ['jose', 'lru-cache'])
    const code = `console.log(await import('sallyport/dist/js/shared/core.js').catch((error) => error.code))`
    expect(run(project, 'main.mjs', code)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })
})
