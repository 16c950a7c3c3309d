import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { adapters, balanceSources, methods, stores } from '../registry.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The files of a folder that define a plug-in, recognised by what they export. */
function pluginsIn(folder: string, defines: RegExp): string[] {
  return readdirSync(`${root}/${folder}`)
    .filter((name) => name.endsWith('.ts') && defines.test(readFileSync(`${root}/${folder}/${name}`, 'utf8')))
    .map((name) => name.slice(0, -3))
    .sort()
}

describe('the registry', () => {
  it.each([
    ['adapters', 'adapters', /^export function requireAccess/m, adapters],
    ['methods', 'src/methods', /^export function \w+\([^)]*\): (?:Opaque|Jwt)Method/m, methods],
    ['balance sources', 'src/balances', /^export function \w+\([^)]*\): BalanceSource/m, balanceSources],
    ['stores', 'src/stores', /^export function \w+Store\(/m, stores],
  ])('has exactly one entry per file of %s', (_kind, folder, defines, registered) => {
    const files = pluginsIn(folder, defines)
    expect(files.length).toBeGreaterThan(0)
    expect(Object.keys(registered).sort()).toEqual(files)
  })
})
