import { randomBytes } from 'node:crypto'
import type { Friend } from './friends.js'
import type { InProcessRequest } from './in-process.js'

/** Sends what nobody ever issued: each request is unlike every other. */
export type Stranger = (nowMs: number) => InProcessRequest

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url')
const random = (bytes: number) => randomBytes(bytes).toString('base64url')

const HS256 = part({ alg: 'HS256', typ: 'JWT' })
const SESSION = part({ alg: 'HS256', typ: 'sallyport-session+jwt' })

/** A canonical address of 32 bytes: 43 digits, the first large enough for 32 bytes and none more. */
export function randomWallet(): string {
  const digits = randomBytes(43)
  let address = BASE58.charAt(4 + ((digits[0] ?? 0) % 54))
  for (let at = 1; at < 43; at++) address += BASE58.charAt((digits[at] ?? 0) % 58)
  return address
}

/** A path of no route, or of a route with a parameter: both without end. */
export function randomPath(): string {
  const name = random(12)
  return name < 'a' ? `/v1/proofs/${name}` : `/${name.slice(0, 6)}/${name.slice(6)}?page=${name}`
}

function jwt(header: string, claims: object): string {
  // 32 bytes in canonical base64url, as a signature of HS256 is; that it is wrong costs a look.
  return `${header}.${part(claims)}.${random(32)}`
}

/**
 * One kind of stranger after the other: keys and `key_id`s that nobody has, tokens of known `key_id`s and sessions that
 * are signed wrongly, and garbage.
 */
export function strangers(origin: string, friends: readonly Friend[]): readonly Stranger[] {
  const keyIds = friends.flatMap(({ pair }) => pair?.keyId ?? [])
  const credentials: readonly ((second: number) => string)[] = [
    () => `acto_${random(32)}`,
    (iat) => jwt(HS256, { key_id: `key_${random(12)}`, iat, exp: iat + 300 }),
    (iat) => jwt(HS256, { key_id: keyIds[iat % keyIds.length], jti: random(12), iat, exp: iat + 300 }),
    (iat) => {
      const times = { iat, exp: iat + 300, jti: random(16) }
      return jwt(SESSION, { iss: origin, aud: origin, sub: randomWallet(), ...times })
    },
    () => random(6 + Math.floor(Math.random() * 60)),
    () => `${random(20)}.${random(40)}.${random(32)}`,
  ]
  return credentials.map((credential) => (nowMs) => ({
    credential: credential(Math.floor(nowMs / 1_000)),
    wallet: randomWallet(),
    path: randomPath(),
  }))
}
