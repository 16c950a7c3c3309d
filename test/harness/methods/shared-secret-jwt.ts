import { sharedSecretJwt } from 'sallyport'
import { ENVIRONMENT, type MethodHarness } from '../../contract/method-contract.js'
import { ALICE } from '../../support/addresses.js'
import { KEY_ID, SECRET, sharedSecretRecord, tableStore } from '../../support/records.js'
import { HS256, mint } from '../../support/tokens.js'
import { storeOutages } from './store-outages.js'

const OLDER = 'sec_older-0123456789-0123456789-0123456789'
const wrongOption = (options: object) => () => sharedSecretJwt(options)

export const sharedSecretJwtHarness: MethodHarness = {
  name: 'sharedSecretJwt',
  looksUp: ['sharedSecret'],
  async open(clock) {
    const now = clock.wallMs() / 1000
    const granted = { role: 'processor', scopes: ['charge'], environment: ENVIRONMENT, wallets: [ALICE] }
    const store = tableStore(
      sharedSecretRecord({ ...granted, secrets: [SECRET, OLDER] }),
      sharedSecretRecord({ keyId: 'api_key_revoked', status: 'revoked' }),
      sharedSecretRecord({ keyId: 'api_key_disabled', status: 'disabled' }),
      sharedSecretRecord({ keyId: 'api_key_sandbox', environment: 'sandbox' }),
      sharedSecretRecord({ keyId: 'api_key_expired', expiresAtMs: clock.wallMs() }),
    )
    const claims = { key_id: KEY_ID, iat: now, exp: now + 600 }
    const token = (changes: object, secret = SECRET, header: object = HS256) =>
      mint({ ...claims, ...changes }, secret, header)
    const valid = token({})
    return {
      method: sharedSecretJwt(),
      store,
      valid,
      principal: {
        kind: 'sharedSecretJwt',
        accountId: 'robots-inc',
        credentialId: 'cred_jwt',
        role: 'processor',
        scopes: ['charge'],
        wallets: [ALICE],
      },
      invalid: [
        ['a wrong signature', token({}, `${SECRET}x`), 'credential_invalid'],
        ['an unknown key', token({ key_id: 'api_key_unknown' }), 'credential_invalid'],
        ['a revoked key', token({ key_id: 'api_key_revoked' }), 'credential_invalid'],
        ['a disabled key', token({ key_id: 'api_key_disabled' }), 'credential_invalid'],
        ['a key of another environment', token({ key_id: 'api_key_sandbox' }), 'credential_invalid'],
        ['an expired key', token({ key_id: 'api_key_expired' }), 'credential_expired'],
        ['another algorithm', token({}, SECRET, { alg: 'HS512' }), 'credential_invalid'],
        ['an audience', token({ aud: 'https://other.example' }), 'credential_invalid'],
        ['no exp', token({ exp: undefined }), 'credential_invalid'],
        ['a time that is over', token({ iat: now - 600, exp: now - 60 }), 'credential_expired'],
        ['a time to come', token({ iat: now + 60 }), 'credential_not_yet_valid'],
        ['too long a time', token({ exp: now + 3601 }), 'credential_lifetime'],
      ],
      outages: storeOutages(store, [valid, SECRET]),
      secrets: [SECRET, OLDER],
      close: async () => undefined,
    }
  },
  wrong: [
    ['null', () => sharedSecretJwt(null as never), ['sharedSecretJwt']],
    ['an empty claim', wrongOption({ keyIdClaim: '' }), ['sharedSecretJwt.keyIdClaim']],
    ['no lifetime', wrongOption({ maxLifetimeSeconds: 0 }), ['sharedSecretJwt.maxLifetimeSeconds']],
    [
      'a lifetime without end',
      wrongOption({ maxLifetimeSeconds: Infinity }),
      ['sharedSecretJwt.maxLifetimeSeconds'],
    ],
    [
      'a lifetime that is a text',
      wrongOption({ maxLifetimeSeconds: '1h' }),
      ['sharedSecretJwt.maxLifetimeSeconds'],
    ],
    [
      'a lifetime of NaN',
      wrongOption({ maxLifetimeSeconds: Number.NaN }),
      ['sharedSecretJwt.maxLifetimeSeconds'],
    ],
    [
      'a negative tolerance',
      wrongOption({ clockToleranceSeconds: -1 }),
      ['sharedSecretJwt.clockToleranceSeconds'],
    ],
    [
      'a fraction of tolerance',
      wrongOption({ clockToleranceSeconds: 0.5 }),
      ['sharedSecretJwt.clockToleranceSeconds'],
    ],
    ['an empty audience', wrongOption({ audience: '' }), ['sharedSecretJwt.audience']],
    ['no audience in a list', wrongOption({ audience: [] }), ['sharedSecretJwt.audience']],
    ['a number in the audience', wrongOption({ audience: ['a', 5] }), ['sharedSecretJwt.audience']],
    ['an unknown protection', wrongOption({ replay: true }), ['sharedSecretJwt.replay']],
    [
      'several of them',
      wrongOption({ keyIdClaim: 5, replay: 'nonce', unknown: 1 }),
      ['sharedSecretJwt.keyIdClaim', 'sharedSecretJwt.replay', 'sharedSecretJwt.unknown is not an option'],
    ],
  ],
}
