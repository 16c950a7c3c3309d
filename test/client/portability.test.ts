import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/** A file and whatever it loads, file by file; imports of types alone load nothing. */
function loadedBy(url: URL, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(url.pathname)) return seen
  const text = readFileSync(url, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  seen.set(url.pathname, text)
  for (const [, name = ''] of text.matchAll(/^(?:import|export) (?!type )[^']*?from '(\.[^']+)'/gm)) {
    loadedBy(new URL(name.replace(/\.js$/, '.ts'), url), seen)
  }
  return seen
}

it('is loaded without Node and without the gate', () => {
  const files = loadedBy(new URL('../../src/client/index.ts', import.meta.url))
  const foreign = [...files.values()].flatMap((text) =>
    [...text.matchAll(/from '([^.'][^']*)'/g)].map(([, name]) => name),
  )
  expect(foreign).toEqual(['jose/jwt/sign'])
  const own = [...files].filter(([path]) => path.includes('/src/client/'))
  const ofNode = own.filter(([, text]) => /\b(?:Buffer|process|require|__dirname)\b[.(]/.test(text))
  expect(ofNode.map(([path]) => path)).toEqual([])
  // Of the core the rules for options, times and addresses alone: files at its top.
  const others = [...files.keys()].map((path) => path.replace(/^.*\/src\//, ''))
  expect(others.filter((path) => path.includes('/') && !path.startsWith('client/'))).toEqual([])
  expect(others).not.toContain('gate.ts')
})
