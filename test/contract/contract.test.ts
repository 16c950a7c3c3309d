import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { adapters, balanceSources, methods, stores } from '../registry.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Folder {
  readonly folder: string
  readonly registered: object
  /** Files that are no plug-in: what plug-ins share. */
  readonly helpers: readonly string[]
}

const folders: readonly Folder[] = [
  { folder: 'adapters', registered: adapters, helpers: ['fastify-augment'] },
  {
    folder: 'src/methods',
    registered: methods,
    helpers: [
      'compact-jwt',
      'identity',
      'json-members',
      'jws-signature',
      'jwt-claims',
      'jwt-times',
      'method',
      'token-type',
    ],
  },
  { folder: 'src/balances', registered: balanceSources, helpers: ['index', 'guard'] },
  { folder: 'src/stores', registered: stores, helpers: [] },
]

describe('the registry', () => {
  it.each(folders)('has exactly one entry per plug-in of $folder', ({ folder, registered, helpers }) => {
    const files = readdirSync(`${root}/${folder}`)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.slice(0, -3))
    expect(files.length).toBeGreaterThan(0)
    expect(
      [...Object.keys(registered), ...helpers].sort(),
      `every file of ${folder} that is no helper needs one line in test/registry.ts`,
    ).toEqual(files.sort())
  })
})
