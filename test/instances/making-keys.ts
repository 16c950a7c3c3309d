/** Makes and revokes keys while something is being killed, and checks afterwards what is there. */
import type { ApiKeyEntry, CredentialEntry, ManagedStore } from 'sallyport'
import { expect } from 'vitest'
import type { Client } from './http.js'
import {
  expectStatus,
  type Session,
  type ShownKey,
  shownKey,
  type WalletCaller,
  whoami,
} from './wallet-caller.js'

/** What a client knows of keys: no more than what it was answered. */
export interface KeysMade {
  readonly asked: number
  readonly shown: ReadonlyMap<string, ShownKey & { readonly name: string }>
  /** Revocations that were asked for, and those of them that were acknowledged. */
  readonly revoking: ReadonlySet<string>
  readonly revoked: ReadonlySet<string>
  /** Answers that said that it could not be known. */
  readonly outages: number
}

export interface MakingKeys {
  readonly so: KeysMade
  /** Resolves once the last answer has come, or cannot come any more. */
  readonly done: Promise<void>
  stop(): void
}

const WORKERS = 16
// Some of the keys are revoked as soon as they were shown.
const REVOKED_OF = 8

/**
 * Makes up to `total` keys.
 *
 * @param onShown - Called as soon as an answer is whole, with how many there were.
 * @param isLost - Whether an answer may stay away by now.
 */
export function startMaking(
  client: Client,
  caller: WalletCaller,
  { headers }: Session,
  total: number,
  onShown: (count: number) => void,
  isLost: () => boolean,
): MakingKeys {
  const shown = new Map<string, ShownKey & { readonly name: string }>()
  const [revoking, revoked] = [new Set<string>(), new Set<string>()]
  let asked = 0
  let outages = 0
  let stopped = false

  async function make(): Promise<void> {
    const name = `key ${asked++}`
    const answer = await client.ask({ method: 'POST', path: '/v1/keys', headers, body: { name } })
    if (answer.status === 503) {
      outages++
      return
    }
    const key = shownKey(caller, answer, 201)
    shown.set(key.id, { ...key, name })
    onShown(shown.size)
    if (shown.size % REVOKED_OF === 0) await revoke(key.id)
  }

  async function revoke(id: string): Promise<void> {
    revoking.add(id)
    const answer = await client.ask({ method: 'DELETE', path: `/v1/keys/${id}`, headers })
    if (answer.status === 503) outages++
    else if (expectStatus(answer, 200).success === true) revoked.add(id)
  }

  async function work(): Promise<void> {
    while (asked < total && !stopped) {
      try {
        await make()
      } catch (error) {
        if (isLost()) return
        throw error
      }
    }
  }

  return {
    get so() {
      return { asked, shown, revoking, revoked, outages }
    },
    done: Promise.all(Array.from({ length: WORKERS }, work)).then(() => undefined),
    stop() {
      stopped = true
    },
  }
}

/** Every key that was shown is let in, unless it was revoked; a revocation that was acknowledged holds. */
export async function expectShownKeysToWork(
  client: Client,
  made: KeysMade,
  caller: WalletCaller,
): Promise<void> {
  const { shown, revoking, revoked } = made
  await Promise.all(
    [...shown.values()].map(async (key) => {
      const answer = await whoami(client, key)
      if (revoked.has(key.id)) return expectStatus(answer, 401)
      if (revoking.has(key.id) && answer.status === 401) return answer
      return expect(expectStatus(answer, 200)).toMatchObject({
        accountId: caller.accountId,
        credentialId: key.id,
      })
    }),
  )
}

/** The API lists all that was shown, as it was shown, and nothing that is half there. */
export async function expectListToBeWhole(
  client: Client,
  session: Session,
  { asked, shown, revoking, revoked }: KeysMade,
): Promise<ReadonlySet<string>> {
  const listed = new Map<string, Record<string, unknown>>()
  for (let cursor: unknown = ''; cursor !== null; ) {
    const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(String(cursor))}`
    const path = `/v1/keys?include_revoked=true&include_inactive=true${after}`
    const page = expectStatus(await client.ask({ path, headers: session.headers }), 200)
    for (const item of page.keys as Record<string, unknown>[]) listed.set(String(item.key_id), item)
    cursor = page.next_cursor
  }
  expect([...shown.keys()].filter((id) => !listed.has(id))).toEqual([])
  const names = [...listed.values()].map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const [id, item] of listed) {
    const key = shown.get(id)
    expect(item).toMatchObject({
      name: key?.name ?? expect.stringMatching(/^key \d+$/),
      prefix: 'sk',
      last_four: key?.key.slice(-4) ?? expect.stringMatching(/^[\w-]{4}$/),
      scopes: [],
      expires_at: null,
      rotated_at: null,
    })
    if (revoked.has(id)) expect(item.status).toBe('revoked')
    if (!revoking.has(id)) expect(item.status).toBe('active')
  }
  expect(listed.size).toBeLessThanOrEqual(asked)
  return new Set(listed.keys())
}

/** Everything that a store keeps of each entry is there: it is found by its digest, and told of as a change. */
export async function expectEntriesToBeWhole(
  store: ManagedStore,
  caller: WalletCaller,
): Promise<ReadonlySet<string>> {
  const call = { signal: new AbortController().signal }
  const entries: CredentialEntry[] = []
  for (let after: string | null | undefined; after !== null; ) {
    const query = { accountId: caller.accountId, revoked: true, limit: 1_000, ...(after && { after }) }
    const page = await store.listCredentials(query, call)
    entries.push(...page.entries)
    after = page.next
  }
  const told = new Set<string>()
  for (let cursor: string | null = null, hasMore = true; hasMore; ) {
    const page = await store.changesSince(cursor, call)
    for (const { kind, id } of page.changes) if (kind === 'credential') told.add(id)
    ;({ cursor, hasMore } = page)
  }
  expect(entries.filter(({ id }) => !told.has(id))).toEqual([])
  await Promise.all(entries.map((entry) => expectEntryToBeWhole(store, caller, entry)))
  return new Set(entries.map(({ id }) => id))
}

async function expectEntryToBeWhole(
  store: ManagedStore,
  { accountId, address }: WalletCaller,
  entry: CredentialEntry,
): Promise<void> {
  const { id, status } = entry
  expect(entry).toMatchObject({
    kind: 'apiKey',
    accountId,
    createdBy: accountId,
    wallets: [address],
    version: status === 'revoked' ? 2 : 1,
  })
  expect(entry.revokedAtMs === null).toBe(status === 'active')
  const { digest } = entry as ApiKeyEntry
  const found = await store.findCredential(
    { kind: 'apiKey', digest },
    { signal: AbortSignal.timeout(20_000) },
  )
  expect(found).toMatchObject({ id, status })
}
