import type { webcrypto } from 'node:crypto'
import type { JOSEError } from 'jose/errors'
import type { compactVerify } from 'jose/jws/compact/verify'

interface Verifier {
  readonly compactVerify: typeof compactVerify
  readonly JOSEError: typeof JOSEError
}

// Loaded when a method is made that needs it, and not when this package is imported.
let verifier: Verifier | undefined

async function loadVerifier(): Promise<Verifier> {
  if (verifier !== undefined) return verifier
  const loaded = await Promise.all([import('jose/jws/compact/verify'), import('jose/errors')])
  verifier = { ...loaded[0], ...loaded[1] }
  return verifier
}

/** Loads the library ahead of the first token. Where that fails, the token that needs it is told. */
export function prepareVerifier(): void {
  loadVerifier().catch(() => undefined)
}

/** Whether a compact JWS was signed with `key` by one of `algorithms`. Only a fault that is not the token's rejects. */
export function provesSignature(
  token: string,
  key: webcrypto.CryptoKey,
  algorithms: string[],
): Promise<boolean> {
  if (verifier === undefined) return loadVerifier().then(() => provesSignature(token, key, algorithms))
  return verifier.compactVerify(token, key, { algorithms }).then(isProof, isNoFault)
}

const isProof = () => true

function isNoFault(error: unknown): boolean {
  if (verifier !== undefined && error instanceof verifier.JOSEError) return false
  throw error
}

/** As {@link provesSignature}, for keys of which any may have signed. */
export function provesWithOneOf(
  token: string,
  keys: readonly SecretKey[],
  algorithms: string[],
): Promise<boolean> {
  const only = keys.length === 1 ? keys[0]?.imported : undefined
  return only === undefined ? tryEach(token, keys, algorithms) : provesSignature(token, only, algorithms)
}

async function tryEach(token: string, keys: readonly SecretKey[], algorithms: string[]): Promise<boolean> {
  for (const { importing } of keys) {
    if (await provesSignature(token, await importing, algorithms)) return true
  }
  return false
}

/** A shared secret that is imported once, for all tokens that it may have signed. */
export class SecretKey {
  readonly importing: Promise<webcrypto.CryptoKey>
  /** Absent until it is there. */
  imported: webcrypto.CryptoKey | undefined = undefined

  constructor(secret: string) {
    this.importing = importHs256Key(secret)
    const keep = (key: webcrypto.CryptoKey) => {
      this.imported = key
    }
    // Whoever needs it is told that it could not be imported.
    this.importing.then(keep, () => undefined)
  }
}

/** Imports a shared secret, its UTF-8 bytes as they are, for HS256. */
export function importHs256Key(secret: string): Promise<webcrypto.CryptoKey> {
  const bytes = new TextEncoder().encode(secret)
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}
