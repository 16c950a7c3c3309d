import { createRequire } from 'node:module'
import { expect, it } from 'vitest'

it('limits are loaded without any client of a database', async () => {
  const { cache } = createRequire(import.meta.url)
  const packages = () =>
    new Set(Object.keys(cache).map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]))
  const before = packages()
  await import('sallyport/limits')
  const loaded = [...packages()].filter((name) => !before.has(name))
  expect(loaded).toEqual(['rate-limiter-flexible'])
  expect([...before]).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(?:pg|ioredis|redis)$/)]))
})
