import { apiKey } from 'sallyport'
import { ENVIRONMENT, type MethodHarness } from '../../contract/method-contract.js'
import { ALICE, BOB } from '../../support/addresses.js'
import { apiKeyRecord, digestOf, tableStore } from '../../support/records.js'
import { storeOutages } from './store-outages.js'

const keyOf = (letter: string) => `acto_${letter.repeat(43)}`

export const apiKeyHarness: MethodHarness = {
  name: 'apiKey',
  looksUp: ['apiKey'],
  async open(clock) {
    const record = (letter: string, changes: Parameters<typeof apiKeyRecord>[0]) =>
      apiKeyRecord({
        id: `cred_${letter}`,
        digest: digestOf(keyOf(letter)),
        wallets: [ALICE, BOB],
        ...changes,
      })
    const granted = { role: 'enterprise', scopes: ['proofs:read'], environment: ENVIRONMENT }
    const store = tableStore(
      record('v', { ...granted, expiresAtMs: clock.wallMs() + 1 }),
      record('r', { status: 'revoked' }),
      record('d', { status: 'disabled' }),
      record('s', { environment: 'sandbox' }),
      record('e', { expiresAtMs: clock.wallMs() }),
    )
    const valid = keyOf('v')
    const secrets = [digestOf(valid)]
    return {
      method: apiKey({ prefix: 'acto' }),
      store,
      valid,
      principal: {
        kind: 'apiKey',
        accountId: 'robots-inc',
        credentialId: 'cred_v',
        role: 'enterprise',
        scopes: ['proofs:read'],
        wallets: [ALICE, BOB],
      },
      invalid: [
        ['unknown', keyOf('u'), 'credential_invalid'],
        ['revoked', keyOf('r'), 'credential_invalid'],
        ['disabled', keyOf('d'), 'credential_invalid'],
        ['of another environment', keyOf('s'), 'credential_invalid'],
        ['expired', keyOf('e'), 'credential_expired'],
        ['a character short', valid.slice(0, -1), 'credential_invalid'],
        ['a character long', `${valid}v`, 'credential_invalid'],
        ['of another case', `ACTO${valid.slice(4)}`, 'credential_invalid'],
      ],
      outages: storeOutages(store, [...secrets, valid]),
      secrets,
      close: async () => undefined,
    }
  },
  wrong: [
    ['an empty prefix', () => apiKey({ prefix: '' }), ['apiKey.prefix']],
    ['a prefix that ends in an underscore', () => apiKey({ prefix: 'sk_' }), ['apiKey.prefix']],
    ['a prefix that begins with one', () => apiKey({ prefix: '_sk' }), ['apiKey.prefix']],
    ['a prefix with a dot', () => apiKey({ prefix: 'a.b' }), ['apiKey.prefix']],
    ['a prefix with a newline', () => apiKey({ prefix: 'sk\n' }), ['apiKey.prefix']],
    ['a prefix of 33 characters', () => apiKey({ prefix: 'x'.repeat(33) }), ['apiKey.prefix']],
    ['a prefix that is no text', () => apiKey({ prefix: 5 as never }), ['apiKey.prefix']],
    ['null', () => apiKey(null as never), ['apiKey']],
    ['a text', () => apiKey('acto' as never), ['apiKey']],
    ['a wallet header that is true', () => apiKey({ walletHeader: true as never }), ['apiKey.walletHeader']],
    [
      'all of them',
      () => apiKey({ prefix: '-', walletHeader: 'never' as never, unknown: 1 } as object),
      ['apiKey.prefix', 'apiKey.walletHeader', 'apiKey.unknown is not an option'],
    ],
  ],
}
