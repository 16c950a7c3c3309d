import { AssertionError } from 'node:assert'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.js'
import { type SpendStoreFixture, spendStoreContract } from '../../src/testing/spend-store-contract.js'
import type { PromptSpendStore, SpendStoreBug } from './spend-store-bug.js'
import { spendStoreBugs } from './spend-store-bugs.js'

const openWith = (bug?: SpendStoreBug) =>
  spendStoreContract(async (clock): Promise<SpendStoreFixture> => {
    const sound = memoryStore({ clock })
    const store = { ...sound, ...bug?.plant(sound as unknown as PromptSpendStore, clock) }
    return { store, another: async () => store, close: async () => undefined }
  })

describe('the contract of what spending keeps', () => {
  it.each(spendStoreBugs.map((bug) => [bug.bug, bug] as const))('notices that %s', async (_, bug) => {
    const broken = openWith(bug).filter(({ name }) => name.startsWith(bug.breaks))
    expect(broken).toHaveLength(1)
    await expect(broken[0]?.run()).rejects.toThrow(AssertionError)
  })

  it('names no two cases alike', () => {
    const names = openWith().map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('has a bug planted for most of its cases', () => {
    const cases = openWith()
    const noticing = cases.filter(({ name }) => spendStoreBugs.some(({ breaks }) => name.startsWith(breaks)))
    expect(noticing.length).toBeGreaterThan(cases.length * 0.8)
  })
})
