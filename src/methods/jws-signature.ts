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

/** Whether a compact JWS was signed with `key` by one of `algorithms`. Only a fault that is not the token's throws. */
export async function provesSignature(
  token: string,
  key: webcrypto.CryptoKey,
  algorithms: readonly string[],
): Promise<boolean> {
  const { compactVerify, JOSEError } = verifier ?? (await loadVerifier())
  try {
    await compactVerify(token, key, { algorithms: [...algorithms] })
    return true
  } catch (error) {
    if (error instanceof JOSEError) return false
    throw error
  }
}

/** As {@link provesSignature}, for keys of which any may have signed. */
export async function provesWithOneOf(
  token: string,
  keys: readonly Promise<webcrypto.CryptoKey>[],
  algorithms: readonly string[],
): Promise<boolean> {
  for (const key of keys) {
    if (await provesSignature(token, await key, algorithms)) return true
  }
  return false
}

/** Imports a shared secret, its UTF-8 bytes as they are, for HS256. */
export function importHs256Key(secret: string): Promise<webcrypto.CryptoKey> {
  const bytes = new TextEncoder().encode(secret)
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}
