import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { Clock } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { createClient, type SharedSecretClientOptions } from '../../src/client/index.js'
import { ALICE } from '../support/addresses.js'
import { manualClock, START_MS } from '../support/clock.js'
import {
  API_KEY,
  errorOf,
  KEY_ID,
  outage,
  problem,
  SECRET,
  type Seen,
  serve,
  type TestServer,
} from './kit.js'

const MINUTE_MS = 60_000

function minting({ origin }: TestServer, options: Partial<SharedSecretClientOptions> = {}) {
  const sleep = async () => {}
  return createClient({ baseUrl: origin, keyId: KEY_ID, sharedSecret: SECRET, sleep, ...options })
}

const tokenOf = (seen: Seen | undefined) => seen?.header('authorization')?.replace('Bearer ', '') ?? ''
const tokensOf = ({ requests }: TestServer) => requests.map(tokenOf)
const issuedAt = (token: string) => (decodeJwt(token).iat ?? 0) * 1000

/** Something that is waited for until it is opened. */
function gateOf() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** A refusal of a server whose clock says this. */
const outOfTime = (code: string, serverMs: number) =>
  problem(401, code, { headers: { Date: new Date(serverMs).toUTCString() } })

describe('an API key', () => {
  it('is sent with its wallet, each header once', async () => {
    const server = await serve({})
    await createClient({ baseUrl: server.origin, apiKey: API_KEY, wallet: ALICE }).get('/v1/proofs?limit=1')
    const [seen] = server.requests
    expect(seen?.target).toBe('/v1/proofs?limit=1')
    expect(seen?.headers.filter(([name]) => /^(?:authorization|x-wallet-address)$/.test(name))).toEqual(
      expect.arrayContaining([
        ['authorization', `Bearer ${API_KEY}`],
        ['x-wallet-address', ALICE],
      ]),
    )
    expect(seen?.headers.filter(([name]) => /wallet|authorization/.test(name))).toHaveLength(2)
  })

  it('may have its wallet in the header that the backend has chosen, or none', async () => {
    const server = await serve({})
    const common = { baseUrl: server.origin, apiKey: API_KEY }
    await createClient({ ...common, wallet: ALICE, walletHeader: 'X-Acting-For' }).get('/')
    await createClient(common).get('/')
    expect(server.requests.map((seen) => seen.header('x-acting-for'))).toEqual([ALICE, undefined])
    expect(server.requests.map((seen) => seen.header('x-wallet-address'))).toEqual([undefined, undefined])
  })

  it('is not tried again where it is refused', async () => {
    const server = await serve(outOfTime('credential_expired', START_MS))
    await errorOf(createClient({ baseUrl: server.origin, apiKey: API_KEY }).get('/'))
    expect(server.requests).toHaveLength(1)
  })
})

describe('an access token', () => {
  it('is asked for before each try', async () => {
    const server = await serve(outage(), {})
    let asked = 0
    const accessToken = async () => `session.${++asked}.x`
    await createClient({ baseUrl: server.origin, accessToken, sleep: async () => {} }).get('/')
    expect(tokensOf(server)).toEqual(['session.1.x', 'session.2.x'])
  })

  it("that cannot be had is the caller's own error, and nothing is sent", async () => {
    const server = await serve({})
    const client = (accessToken: () => string) => createClient({ baseUrl: server.origin, accessToken })
    const why = new Error('signed out')
    const signedOut = () => {
      throw why
    }
    await expect(client(signedOut).get('/')).rejects.toBe(why)
    await expect(client(() => 'a b\n').get('/')).rejects.toThrow(TypeError)
    expect(server.requests).toEqual([])
  })
})

describe('a minted token', () => {
  it("is the seed's, byte for byte", async () => {
    const server = await serve({})
    await minting(server, {
      keyId: 'api_key_abc123...',
      sharedSecret: 'sec_xyz789...',
      tokenLifetimeSeconds: 3600,
      clock: manualClock(1_700_000_000_000),
    }).get('/')
    expect(tokensOf(server)).toEqual([
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJrZXlfaWQiOiJhcGlfa2V5X2FiYzEyMy4uLiIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAzNjAwfQ.Pw3Ltq5DnyEev3XoWPmW0boJTr10O09HjcbzT1zO08I',
    ])
  })

  it('claims what was asked for and no more', async () => {
    const server = await serve({})
    const clock = manualClock()
    await minting(server, { clock }).get('/')
    await minting(server, { clock, audience: 'shop', keyIdClaim: 'kid', tokenLifetimeSeconds: 60 }).get('/')
    const [plain = '', full = ''] = tokensOf(server)
    const iat = START_MS / 1000
    expect(decodeProtectedHeader(plain)).toEqual({ alg: 'HS256', typ: 'JWT' })
    expect(decodeJwt(plain)).toEqual({ key_id: KEY_ID, iat, exp: iat + 300 })
    expect(decodeJwt(full)).toEqual({ kid: KEY_ID, iat, exp: iat + 60, aud: 'shop' })
    await jwtVerify(plain, new TextEncoder().encode(SECRET), { currentDate: new Date(START_MS) })
  })

  it('is used until shortly before it expires', async () => {
    const server = await serve({})
    const clock = manualClock()
    const client = minting(server, { clock })
    for (const ms of [0, 1000, 268_999, 1]) {
      clock.advance(ms)
      await client.get('/')
    }
    expect(tokensOf(server).map(issuedAt)).toEqual([START_MS, START_MS, START_MS, START_MS + 270_000])
  })

  it('is renewed where either clock says that it is old, or not made yet', async () => {
    const server = await serve({})
    const clock = manualClock()
    let asleepMs = 0
    const client = minting(server, {
      clock: { wallMs: clock.wallMs, monotonicMs: () => clock.monotonicMs() + asleepMs },
    })
    await client.get('/')
    clock.stepWall(5 * MINUTE_MS)
    await client.get('/')
    clock.stepWall(-10 * MINUTE_MS)
    await client.get('/')
    clock.advance(1000)
    asleepMs = 5 * MINUTE_MS
    await client.get('/')
    const minutes = tokensOf(server).map((token) => (issuedAt(token) - START_MS) / MINUTE_MS)
    expect(minutes).toEqual([0, 5, -5, -5 + 1 / 60])
  })

  it('is minted once for calls that come together', async () => {
    const server = await serve({})
    let readings = 0
    // Two mintings would be a second apart.
    const clock: Clock = { wallMs: () => START_MS + 1000 * readings++, monotonicMs: () => 0 }
    const client = minting(server, { clock })
    await Promise.all(Array.from({ length: 20 }, () => client.get('/')))
    expect(new Set(tokensOf(server)).size).toBe(1)
    expect(server.requests).toHaveLength(20)
  })

  it('is new for each try where the backend takes each once', async () => {
    const server = await serve({}, outage(), {})
    const client = minting(server, { jti: true, clock: manualClock() })
    await client.get('/')
    await client.get('/')
    const ids = tokensOf(server).map((token) => decodeJwt(token).jti)
    expect(new Set(ids).size).toBe(3)
    expect(ids.every((id) => typeof id === 'string' && id.length >= 32)).toBe(true)
  })
})

describe('a clock that is off', () => {
  it.each<[code: string, offMs: number]>([
    ['credential_expired', -90 * MINUTE_MS],
    ['credential_not_yet_valid', 90 * MINUTE_MS],
  ])("is corrected by the server's, once: %s", async (code, offMs) => {
    const server = await serve(outOfTime(code, START_MS), {})
    const clock = manualClock(START_MS + offMs)
    const client = minting(server, { clock, maxRetries: 0 })
    await client.post('/v1/charges', { amount: 5 })
    clock.advance(10_000)
    await client.get('/')
    clock.advance(270_000)
    await client.get('/')
    expect(tokensOf(server).map((token) => issuedAt(token) - START_MS)).toEqual([offMs, 0, 0, 280_000])
    expect(server.requests.map(({ body }) => body).slice(0, 2)).toEqual(['{"amount":5}', '{"amount":5}'])
  })

  it('is corrected for tokens that are used once', async () => {
    const server = await serve(outOfTime('credential_expired', START_MS), {})
    const client = minting(server, { clock: manualClock(START_MS - 90 * MINUTE_MS), jti: true })
    await client.get('/')
    expect(tokensOf(server).map(issuedAt)).toEqual([START_MS - 90 * MINUTE_MS, START_MS])
  })

  it('is tried no further where the server does not agree', async () => {
    const server = await serve(outOfTime('credential_expired', START_MS))
    const error = await errorOf(minting(server, { clock: manualClock(0) }).get('/'))
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'credential_expired' })
    expect(server.requests).toHaveLength(2)
  })

  it('is seen to by the first of the calls that were refused together', async () => {
    const bothCame = gateOf()
    const retried = gateOf()
    const first = async () => {
      await bothCame.opened
      return outOfTime('credential_expired', START_MS)
    }
    const second = async () => {
      bothCame.open()
      await retried.opened
      return outOfTime('credential_expired', START_MS + MINUTE_MS)
    }
    const third = () => {
      retried.open()
      return {}
    }
    const server = await serve(first, second, third, {})
    const client = minting(server, { clock: manualClock(0) })
    await Promise.all([client.get('/a'), client.get('/b')])
    expect(tokensOf(server).map(issuedAt)).toEqual([0, 0, START_MS, START_MS])
  })

  it.each<[what: string, code: string, members: object]>([
    ['another reason', 'credential_invalid', {}],
    ['a token that was used', 'credential_replayed', {}],
    ["a handler's own problem", 'credential_expired', { type: 'about:blank' }],
  ])('is not thought of after %s', async (_what, code, members) => {
    const server = await serve(problem(401, code, { ...members }))
    await errorOf(minting(server).get('/'))
    expect(server.requests).toHaveLength(1)
  })

  it('is not tried again where the body was a stream', async () => {
    const server = await serve(outOfTime('credential_expired', START_MS))
    const init = { method: 'PUT', body: new Blob(['abc']).stream(), duplex: 'half' } as const
    await errorOf(minting(server).fetch('/', init))
    expect(server.requests).toHaveLength(1)
  })
})
