import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type ClientOptions, createClient, GateError } from '../../src/client/index.js'
import { ALICE } from '../support/addresses.js'
import { manualClock } from '../support/clock.js'
import { problemsOf } from '../support/problems.js'
import { API_KEY, KEY_ID, SECRET } from './kit.js'

const baseUrl = 'https://api.shop.example'
const apiKey = { baseUrl, apiKey: API_KEY }
const pair = { baseUrl, keyId: KEY_ID, sharedSecret: SECRET }
const refused = (options: unknown) => problemsOf(() => createClient(options as ClientOptions))

describe('a client', () => {
  it.each<[what: string, options: ClientOptions]>([
    ['an API key', apiKey],
    ['an API key and a wallet', { ...apiKey, wallet: ALICE }],
    ['a shared secret', pair],
    ['an access token', { baseUrl, accessToken: 'a.b.c' }],
    ['a function that answers access tokens', { baseUrl, accessToken: () => 'a.b.c' }],
    ['a base URL with a path', { ...apiKey, baseUrl: `${baseUrl}/v1/` }],
    ['a server on this machine', { ...apiKey, baseUrl: 'http://localhost:3000' }],
    [
      'every option there is',
      {
        ...pair,
        wallet: ALICE,
        walletHeader: 'X-Acting-For',
        keyIdClaim: 'kid',
        tokenLifetimeSeconds: 3600,
        audience: 'shop',
        jti: true,
        timeoutMs: 1,
        maxRetries: 0,
        maxWaitMs: 1,
        clock: manualClock(),
        fetch,
        sleep: async () => {},
      },
    ],
  ])('is made from %s', (_what, options) => {
    expect(Object.keys(createClient(options)).sort()).toEqual([
      'delete',
      'fetch',
      'get',
      'patch',
      'post',
      'put',
    ])
  })

  it.each<[mistake: string, options: unknown, option: string]>([
    ['no options', undefined, 'must be given options'],
    ['a misspelt option', { ...apiKey, timeout: 5 }, '.timeout is not an option'],
    ['no base URL', { apiKey: API_KEY }, '.baseUrl'],
    ['a base URL in the clear', { ...apiKey, baseUrl: 'http://api.shop.example' }, '.baseUrl'],
    ['a base URL with a password', { ...apiKey, baseUrl: 'https://me:pass@api.shop.example' }, '.baseUrl'],
    ['a base URL with a query', { ...apiKey, baseUrl: `${baseUrl}?a=b` }, '.baseUrl'],
    ['a base URL of another kind', { ...apiKey, baseUrl: 'file:///etc' }, '.baseUrl'],
    ['no credential', { baseUrl }, 'must be given one of'],
    ['two credentials', { ...pair, apiKey: API_KEY }, 'must be given one of'],
    ['half a pair', { baseUrl, keyId: KEY_ID }, '.keyId and createClient.sharedSecret belong together'],
    ['an unset environment variable', { ...apiKey, apiKey: undefined }, '.apiKey is undefined'],
    ['a wallet that is not set', { ...apiKey, wallet: undefined }, '.wallet is undefined'],
    ['a key with a line break', { ...apiKey, apiKey: `${API_KEY}\n` }, '.apiKey must be'],
    ['an empty key', { ...apiKey, apiKey: '' }, '.apiKey must be'],
    ['a token with a space', { baseUrl, accessToken: 'a b' }, '.accessToken must be'],
    ['a secret with a line break', { ...pair, sharedSecret: `${SECRET}\n` }, '.sharedSecret must be'],
    ['a secret with a space behind it', { ...pair, sharedSecret: `${SECRET} ` }, '.sharedSecret must be'],
    ['an empty key id', { ...pair, keyId: '' }, '.keyId must be'],
    ['a claim that is taken', { ...pair, keyIdClaim: 'exp' }, '.keyIdClaim must be'],
    ['a lifetime for an API key', { ...apiKey, tokenLifetimeSeconds: 60 }, '.tokenLifetimeSeconds is for'],
    ['a lifetime of two hours', { ...pair, tokenLifetimeSeconds: 7200 }, '.tokenLifetimeSeconds must be'],
    ['half a second of lifetime', { ...pair, tokenLifetimeSeconds: 0.5 }, '.tokenLifetimeSeconds must be'],
    ['a list of audiences', { ...pair, audience: ['a'] }, '.audience must be'],
    ['a jti of its own', { ...pair, jti: 'one' }, '.jti must be'],
    ['a wallet that is no address', { ...apiKey, wallet: 'alice' }, '.wallet must be'],
    ['the wallet in Authorization', { ...apiKey, walletHeader: 'Authorization' }, '.walletHeader must be'],
    ['no time at all', { ...apiKey, timeoutMs: 0 }, '.timeoutMs must be'],
    ['retries without end', { ...apiKey, maxRetries: Number.POSITIVE_INFINITY }, '.maxRetries must be'],
    ['a wait that is no number', { ...apiKey, maxWaitMs: '1' }, '.maxWaitMs must be'],
    ['half a clock', { ...apiKey, clock: { wallMs: () => 0 } }, '.clock must have'],
    ['a fetch that is none', { ...apiKey, fetch: {} }, '.fetch must be'],
    ['a sleep that is none', { ...apiKey, sleep: 5 }, '.sleep must be'],
  ])('is told of one mistake by the name of the option: %s', (_mistake, options, option) => {
    expect(refused(options)).toEqual([expect.stringMatching(/^createClient\b/)])
    expect(refused(options)[0]).toContain(option)
  })

  it('is told of all mistakes at once', () => {
    expect(refused({ baseUrl: '', apiKey: '', wallet: '', timeoutMs: -1, extra: 1 })).toHaveLength(5)
  })

  it('never quotes a secret in what it refuses', () => {
    const make = () => createClient({ ...pair, sharedSecret: `${SECRET}\n`, apiKey: `${API_KEY}\n` } as never)
    expect(make).toThrow(GateError)
    try {
      make()
    } catch (error) {
      expect(inspect(error)).not.toMatch(/sec_0123|KKKK/)
    }
  })

  it('takes exactly one kind of credential by its types', () => {
    // @ts-expect-error: no credential
    const none: ClientOptions = { baseUrl }
    // @ts-expect-error: two credentials
    const two: ClientOptions = { baseUrl, apiKey: API_KEY, accessToken: 'a.b.c' }
    // @ts-expect-error: half a pair
    const half: ClientOptions = { baseUrl, keyId: KEY_ID }
    // @ts-expect-error: an API key is not minted
    const minted: ClientOptions = { baseUrl, apiKey: API_KEY, jti: true }
    expect([none, two, half, minted].map((options) => refused(options).length)).toEqual([1, 1, 1, 1])
  })
})
