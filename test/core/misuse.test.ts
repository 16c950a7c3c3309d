import { apiKey, createGate, deny, type Gate, GateError, type MintInfo, sharedSecretJwt } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { MINT } from '../support/addresses.js'
import { codeOf } from '../support/decisions.js'
import { bearer, requestWith } from '../support/requests.js'

const store = memoryStore()
const gate = createGate({ store })

/** The problems that a call without types is told of, or what else it threw. */
function problemsOf(call: () => unknown): readonly string[] | unknown {
  try {
    call()
    return []
  } catch (error) {
    return error instanceof GateError ? error.problems : error
  }
}

describe('a mistake that types would have caught', () => {
  it.each<[mistake: string, call: () => unknown, option: string]>([
    ['no requirements', () => gate.with(undefined as never), 'with'],
    ['methods that are no list', () => gate.with({ methods: 'apiKey' } as never), 'methods'],
    ['a wallet that is nothing', () => createGate({ store, wallet: null } as never), 'wallet'],
    [
      'a header that is a number',
      () => createGate({ store, wallet: { header: 5 } } as never),
      'wallet.header',
    ],
    [
      'a field that is a list',
      () => createGate({ store, wallet: { field: ['a'] } } as never),
      'wallet.field',
    ],
    ['a store with an unknown option', () => memoryStore({ clok: {} } as never), 'memoryStore.clok'],
    ['a store with half a clock', () => memoryStore({ clock: {} } as never), 'memoryStore.clock'],
    ['a code that events use', () => deny('allowed'), 'deny'],
  ])('is told by the name of the option: %s', (_mistake, call, option) => {
    expect(problemsOf(call)).toEqual([expect.stringMatching(new RegExp(`^${option}\\b`))])
  })

  it.each([
    ['an API key', () => store.issueApiKey(undefined as never)],
    ['a shared secret', () => store.issueSharedSecret(undefined as never)],
    ['a digest', () => store.importApiKeyDigest('0'.repeat(64), undefined as never)],
  ])('is told where %s is issued to nobody', async (_what, issue) => {
    await expect(issue()).rejects.toThrow(/^grant/)
  })
})

describe('a chain that knows nothing of a mint', () => {
  it.each([undefined, {}, { decimals: '9' }])(
    'keeps the gate from being ready: readMint answers %o',
    async (answer) => {
      const balances = {
        read: () => Promise.reject(new Error('not asked')),
        readMint: async () => answer as MintInfo,
      }
      const members: Gate = createGate({ store, balances }).with({
        balance: { mint: MINT, minimum: '1', symbol: 'ACTO' },
      })
      await expect(members.ready()).rejects.toMatchObject({ code: 'ERR_GATE_NOT_READY' })
    },
  )
})

describe('a credential that nobody knows', () => {
  it.each([undefined, null])('is invalid, whether findCredential answers %s', async (answer) => {
    const asked = createGate({ findCredential: () => answer })
    expect(await codeOf(asked, requestWith([bearer(`sk_${'A'.repeat(43)}`)]))).toBe('credential_invalid')
  })

  it('reads as an invalid API key where API keys are all that is taken, dots or none', async () => {
    const keysOnly = createGate({ store, methods: [apiKey()] })
    const both = createGate({ store, methods: [apiKey(), sharedSecretJwt()] })
    const presented = async (asked: Gate) => {
      const decision = await asked(requestWith([bearer('a.b.c')]))
      return decision.type === 'refuse' && decision.code === 'credential_invalid' && decision.presented
    }
    expect([await presented(keysOnly), await presented(both)]).toEqual(['apiKey', 'token'])
  })
})
