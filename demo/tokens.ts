import { createHmac } from 'node:crypto'
import jsonwebtoken from 'jsonwebtoken'

/** A key and a shared secret, as an agent platform's settings page would hand them out. */
export interface SharedSecretPair {
  readonly keyId: string
  readonly sharedSecret: string
}

/** Mints a token with the library that most Node callers use. */
export function mintWithLibrary({ keyId, sharedSecret }: SharedSecretPair): string {
  const issuedAt = Math.floor(Date.now() / 1000)
  const payload = { key_id: keyId, iat: issuedAt, exp: issuedAt + 3600 }
  return jsonwebtoken.sign(payload, sharedSecret, { algorithm: 'HS256' })
}

/** Mints the same token from nothing but HMAC: what a shell script or a robot's firmware would do. */
export function mintByHand({ keyId, sharedSecret }: SharedSecretPair): string {
  const issuedAt = Math.floor(Date.now() / 1000)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = part({ alg: 'HS256', typ: 'JWT' })
  const signed = `${header}.${part({ key_id: keyId, iat: issuedAt, exp: issuedAt + 3600 })}`
  return `${signed}.${createHmac('sha256', sharedSecret).update(signed).digest('base64url')}`
}
