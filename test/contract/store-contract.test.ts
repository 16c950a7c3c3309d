import { AssertionError } from 'node:assert'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.js'
import { type StoreFixture, storeContract } from '../../src/testing/store-contract.js'
import type { PromptStore, StoreBug } from './store-bug.js'
import { changeBugs } from './store-bugs-changes.js'
import { countBugs } from './store-bugs-counts.js'
import { credentialBugs } from './store-bugs-credentials.js'

const bugs = [...credentialBugs, ...changeBugs, ...countBugs]

const openWith = (bug?: StoreBug) =>
  storeContract(async (clock): Promise<StoreFixture> => {
    const sound = memoryStore({ clock })
    const store = { ...sound, ...bug?.plant(sound as unknown as PromptStore) }
    return { store, another: async () => store, close: async () => undefined }
  })

describe('the store contract', () => {
  it.each(bugs.map((bug) => [bug.bug, bug] as const))('notices that %s', async (_, bug) => {
    const broken = openWith(bug).filter(({ name }) => name.startsWith(bug.breaks))
    expect(broken).toHaveLength(1)
    await expect(broken[0]?.run()).rejects.toThrow(AssertionError)
  })

  it('names no two cases alike', () => {
    const names = openWith().map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('has a bug planted for most of its cases', () => {
    const noticing = openWith().filter(({ name }) => bugs.some(({ breaks }) => name.startsWith(breaks)))
    expect(noticing.length).toBeGreaterThan(openWith().length / 2)
  })
})
