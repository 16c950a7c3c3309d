import { type WalletSessionOptions, walletSession } from 'sallyport'
import type { MethodHarness } from '../../contract/method-contract.js'
import { ALICE } from '../../support/addresses.js'
import { tableStore } from '../../support/records.js'
import { mint } from '../../support/tokens.js'

const ORIGIN = 'https://api.example'
const NEWEST = 'newest-session-secret-0123456789-abc'
const OLDER = 'older-session-secret-0123456789-abcd'
const SESSION = { alg: 'HS256', typ: 'sallyport-session+jwt' } as const

const wrongOption = (changes: object) => () =>
  walletSession({ origin: ORIGIN, secrets: [NEWEST], ...changes } as WalletSessionOptions)

export const walletSessionHarness: MethodHarness = {
  name: 'walletSession',
  looksUp: [],
  async open(clock) {
    const now = clock.wallMs() / 1000
    const claims = { iss: ORIGIN, aud: ORIGIN, sub: ALICE, jti: 'session-1', iat: now, exp: now + 1800 }
    const token = (changes: object, secret = NEWEST, header: object = SESSION) =>
      mint({ ...claims, ...changes }, secret, header)
    return {
      method: walletSession({ origin: ORIGIN, secrets: [NEWEST, OLDER] }),
      store: tableStore(),
      valid: token({}, OLDER),
      principal: {
        kind: 'walletSession',
        accountId: `wallet:${ALICE}`,
        credentialId: 'session-1',
        role: null,
        scopes: [],
        wallets: [ALICE],
      },
      invalid: [
        ['a wrong signature', token({}, `${NEWEST}x`), 'credential_invalid'],
        ['another algorithm', token({}, NEWEST, { ...SESSION, alg: 'HS512' }), 'credential_invalid'],
        ['another issuer', token({ iss: 'https://other.example' }), 'credential_invalid'],
        ['another audience', token({ aud: 'https://other.example' }), 'credential_invalid'],
        ['a subject that is no wallet', token({ sub: 'alice' }), 'credential_invalid'],
        ['no name', token({ jti: undefined }), 'credential_invalid'],
        ['a time that is over', token({ iat: now - 600, exp: now - 60 }), 'credential_expired'],
        ['a time to come', token({ iat: now + 60 }), 'credential_not_yet_valid'],
        ['too long a time', token({ exp: now + 1801 }), 'credential_lifetime'],
      ],
      outages: [],
      secrets: [NEWEST, OLDER],
      close: async () => undefined,
    }
  },
  wrong: [
    ['nothing', () => walletSession(undefined as never), ['walletSession']],
    ['no origin', wrongOption({ origin: undefined }), ['walletSession.origin']],
    ['an origin without a scheme', wrongOption({ origin: 'api.example' }), ['walletSession.origin']],
    ['an origin with a path', wrongOption({ origin: 'https://api.example/v1' }), ['walletSession.origin']],
    ['an origin with a slash', wrongOption({ origin: 'https://api.example/' }), ['walletSession.origin']],
    [
      'an origin with a password',
      wrongOption({ origin: 'https://u:p@api.example' }),
      ['walletSession.origin'],
    ],
    ['http beyond loopback', wrongOption({ origin: 'http://api.example' }), ['walletSession.origin']],
    ['no secrets', wrongOption({ secrets: [] }), ['walletSession.secrets']],
    ['a secret that was not set', wrongOption({ secrets: [undefined] }), ['walletSession.secrets']],
    ['a secret of 31 bytes', wrongOption({ secrets: [NEWEST, 'x'.repeat(31)] }), ['walletSession.secrets']],
    ['a text for the secrets', wrongOption({ secrets: NEWEST }), ['walletSession.secrets']],
    ['no lifetime', wrongOption({ sessionTtlSeconds: 0 }), ['walletSession.sessionTtlSeconds']],
    [
      'several of them',
      wrongOption({ origin: 5, secrets: 5, sessionTtlSeconds: 0.5, unknown: 1 }),
      [
        ...['walletSession.origin', 'walletSession.secrets', 'walletSession.sessionTtlSeconds'],
        'walletSession.unknown is not an option',
      ],
    ],
  ],
}
