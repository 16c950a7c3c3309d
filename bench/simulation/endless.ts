import { randomBytes } from 'node:crypto'
import {
  apiKey,
  type Change,
  type Credential,
  type CredentialLookup,
  createGate,
  type Gate,
  type GateOptions,
  type Store,
  sharedSecretJwt,
  walletSession,
} from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'

export const ORIGIN = 'https://shop.example'
export const SESSION_SECRET = 'the secret that sessions are signed with'
/** Of every pair. */
export const SECRET = 'the secret of every pair that there is here'

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** A canonical address that belongs to a number: 43 digits, the first of which asks for all 32 bytes. */
export function walletOf(at: number): string {
  return `z${[...String(at).padStart(42, '0')].map((digit) => BASE58[Number(digit)]).join('')}`
}

/** A store that has every credential there can be and remembers none, so that what is kept is kept by the gate. */
function endlessStore(changes: () => readonly Change[]): Store {
  return {
    ...memoryStore(),
    findCredential: async (lookup) => credentialOf(lookup),
    changesSince: async (cursor) => ({
      changes: cursor === null ? changes() : [],
      cursor: '1',
      hasMore: false,
    }),
    addUsage: async () => undefined,
  }
}

function credentialOf(lookup: CredentialLookup): Credential {
  const name = lookup.kind === 'apiKey' ? lookup.digest.slice(0, 22) : lookup.keyId
  const owner = { id: `cred_${name}`, accountId: `account_${name}`, wallets: [walletOf(1)] }
  const rights = { role: null, scopes: ['proofs:read'], environment: null, expiresAtMs: null } as const
  const common = { ...owner, ...rights, status: 'active' } as const
  return lookup.kind === 'apiKey'
    ? { ...common, kind: 'apiKey', digest: lookup.digest }
    : { ...common, kind: 'sharedSecret', keyId: lookup.keyId, secrets: [SECRET] }
}

/** A gate that knows every credential. */
export function gateOf(
  options: Partial<GateOptions> = {},
  changes: () => readonly Change[] = () => [],
): Gate {
  return createGate({
    store: endlessStore(changes),
    methods: [
      apiKey({ walletHeader: 'optional' }),
      sharedSecretJwt(),
      walletSession({ origin: ORIGIN, secrets: [SESSION_SECRET] }),
    ],
    usage: false,
    ...options,
  })
}

/** So many sessions that were ended just now. */
export function endedSessions(count: number): Change[] {
  const atMs = Date.now()
  return Array.from({ length: count }, () => {
    const id = randomBytes(16).toString('base64url')
    return { kind: 'session', id, atMs, untilMs: atMs + 1_800_000 }
  })
}
