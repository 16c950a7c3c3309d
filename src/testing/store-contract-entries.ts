import type { Credential, CredentialLookup } from '../credentials/credential.js'
import type { ApiKeyEntry, CredentialEntry, EntryRecord, SharedSecretEntry } from '../credentials/entry.js'
import type { Clock } from '../ports/clock.js'
import type { Change } from '../ports/store.js'

/** An hour, in milliseconds. */
export const HOUR_MS = 3_600_000
/** A day, in milliseconds. */
export const DAY_MS = 86_400_000

/** Addresses of programs and system accounts: well formed, and nobody's wallet. */
export const WALLETS = [
  'So11111111111111111111111111111111111111112',
  'SysvarC1ock11111111111111111111111111111111',
  'SysvarRent111111111111111111111111111111111',
] as const

/** Makes entries of which no two share anything; each was created a millisecond after the one before. */
export interface EntryMaker {
  key(rest?: Partial<ApiKeyEntry>): ApiKeyEntry
  pair(rest?: Partial<SharedSecretEntry>): SharedSecretEntry
  digest(): string
  secret(): string
  /** A revocation that is made now. */
  revocation(kind: Change['kind'], id: string, rest?: Partial<Change>): Change
}

/** Makes entries and changes that are like no others. */
export function entryMaker(clock: Clock): EntryMaker {
  let made = 0
  const count = () => String(++made).padStart(10, '0')
  // Every digest has a letter, so that its upper case is another text.
  const digest = () => (0xa000 + ++made).toString(16).repeat(16)
  const secret = () => `sec_${'S'.repeat(33)}${count()}`
  const record = () => ({
    id: `cred_ContractCase${count()}`,
    accountId: 'robots-inc',
    wallets: [],
    role: null,
    scopes: [],
    environment: null,
    expiresAtMs: null,
    status: 'active' as const,
    name: null,
    createdAtMs: clock.wallMs() + ++made,
    createdBy: null,
    rotatedAtMs: null,
    revokedAtMs: null,
    version: 1,
  })

  return {
    key: (rest) => ({
      ...record(),
      kind: 'apiKey',
      digest: digest(),
      prefix: 'sk',
      lastFour: 'Wxyz',
      older: null,
      ...rest,
    }),
    pair: (rest) => ({
      ...record(),
      kind: 'sharedSecret',
      keyId: `api_key_ContractCase${count()}`,
      secret: secret(),
      older: null,
      ...rest,
    }),
    digest,
    secret,
    revocation: (kind, id, rest) => ({
      kind,
      id,
      atMs: clock.wallMs(),
      untilMs: clock.wallMs() + DAY_MS,
      ...rest,
    }),
  }
}

type Granted = Pick<
  EntryRecord,
  | 'accountId'
  | 'wallets'
  | 'role'
  | 'scopes'
  | 'environment'
  | 'expiresAtMs'
  | 'status'
  | 'name'
  | 'createdBy'
  | 'rotatedAtMs'
>

/** All that an entry can say, in texts that are easily spoilt. */
export const FULL: Granted = {
  accountId: 'Zürich "Robots" & Söhne\\%_ 💡',
  wallets: [WALLETS[1], WALLETS[0]],
  role: 'enterprise',
  scopes: ['proofs:write', 'proofs:read', 'a,b', '{"c":null}'],
  environment: 'production',
  expiresAtMs: 8_640_000_000_000_000,
  status: 'disabled',
  name: "Robert'); DROP TABLE credentials;-- e\u0301 \u00e9 👩‍🚀",
  createdBy: 'wallet:\\n$HOME $1',
  rotatedAtMs: 1_700_000_000_001,
}

/** The next version of an entry. */
export function next<Entry extends CredentialEntry>(entry: Entry, changes: Partial<Entry> = {}): Entry {
  return { ...entry, ...changes, version: entry.version + 1 }
}

/** The next version of an API key, with another key. */
export function rotated(entry: ApiKeyEntry, digest: string, untilMs: number): ApiKeyEntry {
  const older = { digest: entry.digest, untilMs }
  return next(entry, { digest, lastFour: digest.slice(-4), older, rotatedAtMs: untilMs - HOUR_MS })
}

/** What a revocation makes of an entry. */
export function tombstone<Entry extends CredentialEntry>(entry: Entry, { atMs }: Change): Entry {
  return { ...entry, status: 'revoked', revokedAtMs: atMs, version: entry.version + 1 }
}

/** How an entry is looked up by what counts now. */
export function lookupOf(entry: CredentialEntry): CredentialLookup {
  return entry.kind === 'apiKey' ? byDigest(entry.digest) : byKeyId(entry.keyId)
}

/** The lookup of a key. */
export const byDigest = (digest: string): CredentialLookup => ({ kind: 'apiKey', digest })
/** The lookup of a pair. */
export const byKeyId = (keyId: string): CredentialLookup => ({ kind: 'sharedSecret', keyId })

/** What is found of an entry by what counts now. */
export function foundOf(entry: CredentialEntry): Credential {
  const { id, accountId, wallets, role, scopes, environment, expiresAtMs, status } = entry
  const common = { id, accountId, wallets, role, scopes, environment, expiresAtMs, status }
  if (entry.kind === 'apiKey') return { ...common, kind: 'apiKey', digest: entry.digest }
  const { keyId, secret, older } = entry
  const secrets = older === null ? [secret] : [secret, older.secret]
  return { ...common, kind: 'sharedSecret', keyId, secrets, olderUntilMs: older?.untilMs ?? null }
}

/** Texts that nobody is called, and that a careless store takes for something. */
export const ODD_TEXTS: readonly string[] = [
  '',
  ' ',
  '%',
  '_',
  '*',
  '?',
  '\\',
  "'",
  '"',
  "' OR 1=1 --",
  '{}',
  '[]',
  '$1',
  ':',
  '\0',
  '\n',
  '\ud800',
  '\ufeff',
  'e\u0301',
  '💡',
  '0',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(10_000),
]

/** Texts that are almost, but not byte for byte, this one. It has letters, none of them at the end. */
export function almost(text: string): readonly string[] {
  const start = text.slice(0, -1)
  return [
    ...(text === text.toUpperCase() ? [] : [text.toUpperCase()]),
    ...(text === text.toLowerCase() ? [] : [text.toLowerCase()]),
    start,
    `${start}_`,
    `${start}?`,
    `${start}%`,
    `${start}*`,
    `${text}%`,
    `${text}*`,
    `${text} `,
    ` ${text}`,
    `${text}\n`,
    `${text}\0`,
    `\0${text}`,
    `${text}0`,
    `'${text}'`,
    `${text}\u0301`,
  ]
}

/** A text as a message shows it. */
export function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}
