import { createHash } from 'node:crypto'
import { apiKey, createGate, type GateRequest, type Store, sharedSecretJwt, walletSession } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { ACTO } from '../harness/balances/gate-kit.js'
import { ALICE, MINT } from '../support/addresses.js'
import { tableBalances } from '../support/balances.js'
import { manualClock } from '../support/clock.js'
import { codeOf } from '../support/decisions.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'
import { mint, part } from '../support/tokens.js'
import { NEVER_MS, ORIGIN, requestOf, SESSION_SECRET, type UsageBatch } from './usage-kit.js'

/** More than any cache of credentials keeps by default. */
const MANY = 12_000
const SESSION = part({ alg: 'HS256', typ: 'sallyport-session+jwt' })
const HS256 = part({ alg: 'HS256', typ: 'JWT' })

/** 43 characters of base64url that belong to a number alone: the secret of a key, or a signature. */
const secretOf = (at: number) => createHash('sha256').update(`stranger ${at}`).digest('base64url')

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
/** A canonical address that belongs to a number alone: 43 digits, of which the first asks for all 32 bytes. */
const walletOf = (at: number) =>
  [...`z${String(at).padStart(42, '0')}`]
    .map((digit) => (digit === 'z' ? digit : BASE58[Number(digit)]))
    .join('')

/** A gate over a store that has to be waited for, with one key and one pair of a warm caller's. */
async function warmKit() {
  const clock = manualClock()
  const inner = memoryStore({ clock })
  const finds: string[] = []
  const batches: UsageBatch[] = []
  const store: Store = {
    ...inner,
    async findCredential(lookup, call) {
      finds.push(lookup.kind === 'apiKey' ? lookup.digest : lookup.keyId)
      return inner.findCredential(lookup, call)
    },
    addUsage: (batch) => void batches.push(batch),
  }
  const balances = tableBalances()
  balances.set(ALICE, MINT, 60_000n * 10n ** 9n)
  const gate = createGate({
    store,
    balances,
    clock,
    methods: [apiKey(), sharedSecretJwt(), walletSession({ origin: ORIGIN, secrets: [SESSION_SECRET] })],
    usage: { flushIntervalMs: NEVER_MS },
    onDecision: () => undefined,
  })
  const members = gate.with({ balance: ACTO })
  const { key } = await inner.issueApiKey({ accountId: 'robots', wallets: [ALICE] })
  const { keyId, sharedSecret } = await inner.issueSharedSecret({ accountId: 'robots', wallets: [ALICE] })
  const iat = clock.wallMs() / 1_000
  const times = { iat, exp: iat + 300 }
  const token = mint({ key_id: keyId, ...times }, sharedSecret)
  const warm = () => [key, token].map((credential) => requestWith([bearer(credential), walletHeader(ALICE)]))

  return {
    gate,
    members,
    inner,
    balances,
    finds,
    batches,
    key,
    keyId,
    sharedSecret,
    times,
    /** Until what was issued has been heard of, which makes what was read before it be read again. */
    warmUp: async () => {
      for (let round = 0; round < 3; round++) {
        for (const request of warm()) expect(await codeOf(members, request)).toBe('allowed')
      }
    },
    /** What deciding on both takes now: reads of the store and of the chain, and how often it has to be waited. */
    cost: async () => {
      const [findsBefore, readsBefore] = [finds.length, balances.reads]
      let waits = 0
      for (const request of warm()) {
        const answer = members(request)
        if (answer instanceof Promise) waits++
        expect((await answer).type).toBe('allow')
      }
      return { finds: finds.length - findsBefore, readings: balances.reads - readsBefore, waits }
    },
  }
}

type Kit = Awaited<ReturnType<typeof warmKit>>

/** How many different answers many requests get, a few hundred under way at a time. */
async function sendMany(gate: Kit['gate'], requestAt: (at: number) => GateRequest): Promise<string[]> {
  const codes = new Set<string>()
  for (let sent = 0; sent < MANY; sent += 400) {
    const some = Array.from({ length: 400 }, (_, at) => codeOf(gate, requestAt(sent + at)))
    for (const code of await Promise.all(some)) codes.add(code)
  }
  return [...codes].sort()
}

const jwt = (header: string, claims: object, at: number) => `${header}.${part(claims)}.${secretOf(at)}`

describe('a warm caller', () => {
  it.each<[what: string, credentialAt: (kit: Kit, at: number) => string]>([
    ['keys that nobody has', (_kit, at) => `sk_${secretOf(at)}`],
    [
      'tokens of key_ids that nobody has',
      ({ times }, at) => jwt(HS256, { key_id: `key_${at}`, ...times }, at),
    ],
    [
      'tokens of its own key_id that are signed wrongly',
      ({ keyId, times }, at) => jwt(HS256, { key_id: keyId, jti: `${at}`, ...times }, at),
    ],
    [
      'sessions that nobody has begun',
      ({ times }, at) => {
        const claims = { iss: ORIGIN, aud: ORIGIN, sub: walletOf(at), jti: `${at}`, ...times }
        return jwt(SESSION, claims, at)
      },
    ],
    ['texts of no form', (_kit, at) => `${at}${'.x'.repeat(at % 5)}`],
  ])('costs neither the store nor the chain a read after %s, however many', async (_what, credentialAt) => {
    const kit = await warmKit()
    await kit.warmUp()
    const strangerAt = (at: number) =>
      requestWith([bearer(credentialAt(kit, at)), walletHeader(walletOf(at))], { target: `/v1/${at}` })
    expect(await sendMany(kit.members, strangerAt)).toEqual(['credential_invalid'])
    expect(await kit.cost()).toEqual({ finds: 0, readings: 0, waits: 0 })
    await kit.gate.close()
    // Nobody else is known, so nobody else is counted.
    expect(
      new Set(kit.batches.flatMap(({ counts }) => counts.map(({ credentialId }) => credentialId))).size,
    ).toBe(2)
  })

  it('is not pushed out by tokens that a good caller makes without end', async () => {
    const kit = await warmKit()
    const { keyId, sharedSecret } = await kit.inner.issueSharedSecret({ accountId: 'busy', wallets: [ALICE] })
    await kit.warmUp()
    const busyAt = (at: number) =>
      requestWith([bearer(mint({ key_id: keyId, jti: `${at}`, ...kit.times }, sharedSecret))])
    expect(await sendMany(kit.gate, busyAt)).toEqual(['allowed'])
    // Its token has to be proven anew, from what is known of it.
    expect(await kit.cost()).toMatchObject({ finds: 0, readings: 0 })
  })
})

describe('credentials that are good', () => {
  /** A gate over a store that has every key there is. */
  function endlessKit() {
    let finds = 0
    const gate = createGate({
      clock: manualClock(),
      methods: [apiKey()],
      onDecision: () => undefined,
      findCredential: async (lookup) => {
        finds++
        const digest = lookup.kind === 'apiKey' ? lookup.digest : ''
        const common = { wallets: [], role: null, scopes: [], environment: null, expiresAtMs: null } as const
        return { kind: 'apiKey', id: digest, digest, accountId: digest, status: 'active', ...common }
      },
    })
    const requestAt = (at: number) => requestWith([bearer(`sk_${secretOf(at)}`)])
    return {
      gate,
      requestAt,
      /** How many reads one more request of a credential costs. */
      cost: async (at: number) => {
        const before = finds
        expect(await codeOf(gate, requestAt(at))).toBe('allowed')
        return finds - before
      },
    }
  }

  it('are kept up to a bound, and the least recently used goes first', async () => {
    const { gate, requestAt, cost } = endlessKit()
    await sendMany(gate, requestAt)
    expect(await cost(MANY - 1)).toBe(0)
    expect(await cost(0)).toBe(1)
  })

  it('stay while they are used, however many others come in between', async () => {
    const { gate, requestAt, cost } = endlessKit()
    expect(await cost(MANY)).toBe(1)
    let read = 0
    for (let at = 0; at < MANY; at++) {
      await codeOf(gate, requestAt(at))
      if (at % 1_000 === 0) read += await cost(MANY)
    }
    expect(read).toBe(0)
  })

  it('learn nothing of the chain about wallets that are not theirs, and push nothing out by them', async () => {
    const kit = await warmKit()
    await kit.warmUp()
    const before = kit.balances.reads
    const foreignAt = (at: number) => requestWith([bearer(kit.key), walletHeader(walletOf(at))])
    expect(await sendMany(kit.members, foreignAt)).toEqual(['wallet_mismatch'])
    expect(kit.balances.reads).toBe(before)
    expect(await kit.cost()).toEqual({ finds: 0, readings: 0, waits: 0 })
  })
})

describe('what is counted of one credential', () => {
  const counted = ({ batches }: Kit) => {
    const counts = batches.flatMap(({ counts }) => counts)
    return {
      routes: new Set(counts.map(({ route }) => route)),
      sum: counts.reduce((sum, { count }) => sum + count, 0),
    }
  }

  it('does not grow with the paths it asks for', async () => {
    const kit = await warmKit()
    await sendMany(kit.gate, (at) =>
      requestWith([bearer(kit.key), walletHeader(ALICE)], { target: `/v1/${at}?page=${at}` }),
    )
    await kit.gate.close()
    expect(counted(kit)).toEqual({ routes: new Set(['GET (unmatched)']), sum: MANY })
  })

  it('is told apart by a hundred routes and no more, and no request is lost', async () => {
    const kit = await warmKit()
    const { key } = await kit.inner.issueApiKey({ accountId: 'many' })
    await sendMany(kit.gate, (at) => requestOf(key, { route: `/v1/${at}` }).ask())
    await kit.gate.close()
    const { routes, sum } = counted(kit)
    expect(routes.size).toBe(101)
    expect(sum).toBe(MANY)
  })
})
