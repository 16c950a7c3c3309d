import assert from 'node:assert/strict'
import type { Credential, CredentialLookup } from '../credentials/credential.js'
import type { CredentialEntry } from '../credentials/entry.js'
import type {
  Added,
  Change,
  ChangePage,
  CredentialPage,
  CredentialQuery,
  Store,
  UsageBatch,
  UsageQuery,
  UsageSum,
} from '../ports/store.js'

/** The verbs of a store as cases call them: every answer is waited for and has the form that the port says. */
export interface StoreCalls {
  find(lookup: CredentialLookup): Promise<Credential | undefined>
  claim(key: string, expiresAtMs: number): Promise<boolean>
  add(entry: CredentialEntry, maxPerAccount?: number | null): Promise<Added>
  read(id: string): Promise<CredentialEntry | undefined>
  list(query: CredentialQuery): Promise<CredentialPage>
  /** Every page, from the first to the last. */
  listAll(query?: Partial<CredentialQuery>): Promise<readonly CredentialEntry[]>
  change(entry: CredentialEntry): Promise<boolean>
  revoke(revocation: Change): Promise<boolean>
  changes(cursor: string | null): Promise<ChangePage>
  /** Every page from a cursor on. */
  changesFrom(
    cursor: string | null,
  ): Promise<{ readonly changes: readonly Change[]; readonly cursor: string }>
  addUsage(batch: UsageBatch): Promise<void>
  usage(query: UsageQuery): Promise<readonly UsageSum[]>
}

const OPTIONS = { signal: new AbortController().signal }

// More than any case has: a store whose pages do not end must not run for ever.
const MAX_PAGES = 5_000

/** The verbs of a store, with the options of a call filled in. */
export function callsOf(store: Store): StoreCalls {
  const calls: StoreCalls = {
    async find(lookup) {
      const found = (await store.findCredential(lookup, OPTIONS)) ?? undefined
      // Null and absent say the same.
      return found?.kind === 'sharedSecret' ? { ...found, olderUntilMs: found.olderUntilMs ?? null } : found
    },
    claim: async (key, expiresAtMs) => trueOrFalse(await store.claim(key, expiresAtMs, OPTIONS), 'claim'),
    add: async (entry, maxPerAccount = null) => store.addCredential(entry, maxPerAccount, OPTIONS),
    read: async (id) => store.readCredential(id, OPTIONS),
    async list(query) {
      const page = await store.listCredentials(query, OPTIONS)
      const { entries, next } = page
      assert.ok(
        entries.length <= query.limit,
        `a page of ${entries.length}, where ${query.limit} were asked for`,
      )
      assert.ok(next === null || typeof next === 'string', 'next is a string or null')
      return page
    },
    async listAll(query = {}) {
      const all: CredentialEntry[] = []
      let after: string | null | undefined
      for (let pages = 0; after !== null; pages++) {
        assert.ok(pages < MAX_PAGES, 'the pages of a list end')
        const { entries, next } = await calls.list({
          limit: 1_000,
          ...query,
          ...(after === undefined ? {} : { after }),
        })
        all.push(...entries)
        after = next
      }
      return all
    },
    change: async (entry) => trueOrFalse(await store.changeCredential(entry, OPTIONS), 'changeCredential'),
    revoke: async (revocation) =>
      trueOrFalse(await store.revokeCredentials(revocation, OPTIONS), 'revokeCredentials'),
    async changes(cursor) {
      const page = await store.changesSince(cursor, OPTIONS)
      assert.equal(typeof page.cursor, 'string', 'a cursor is a string')
      assert.equal(typeof page.hasMore, 'boolean', 'hasMore is true or false')
      return page
    },
    async changesFrom(cursor) {
      const changes: Change[] = []
      let page: ChangePage | undefined
      for (let pages = 0; page === undefined || page.hasMore; pages++) {
        assert.ok(pages < MAX_PAGES, 'the pages of changes end')
        page = await calls.changes(page?.cursor ?? cursor)
        changes.push(...page.changes)
      }
      return { changes, cursor: page.cursor }
    },
    addUsage: async (batch) => store.addUsage(batch, OPTIONS),
    usage: async (query) => store.readUsage(query, OPTIONS),
  }
  return calls
}

// Whoever takes 1 for true has a gate that takes it for an outage.
function trueOrFalse(answer: unknown, verb: string): boolean {
  assert.ok(answer === true || answer === false, `${verb} answers true or false, not ${String(answer)}`)
  return answer
}

/** Calls for every item at the same time, by turns through the instances. */
export async function atOnce<Item, Answer>(
  instances: readonly StoreCalls[],
  items: readonly Item[],
  call: (instance: StoreCalls, item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  await warm(instances)
  return Promise.all(items.map((item, at) => call(instances[at % instances.length] as StoreCalls, item)))
}

const warmed = new WeakSet<StoreCalls>()

/** Lets instances open all the connections that they ever will: calls that wait for one do not race. */
export async function warm(instances: readonly StoreCalls[]): Promise<void> {
  const cold = instances.filter((instance) => !warmed.has(instance))
  for (const instance of cold) warmed.add(instance)
  // Twice: the first call to an instance may make its tables, and let the others wait.
  for (const _ of upTo(2)) {
    await Promise.all(cold.flatMap((instance) => upTo(10).map(() => instance.read('cred_nobody'))))
  }
}

/** The numbers from 0 on. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at)
}
