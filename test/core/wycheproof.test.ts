import { readFileSync } from 'node:fs'
import { createLocalJWKSet, type JWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { parseCompactJwt } from '../../src/methods/compact-jwt.js'
import { importHs256Key, provesSignature } from '../../src/methods/jws-signature.js'
import { part } from '../support/tokens.js'

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly jws: string
  readonly result: 'valid' | 'invalid'
}

interface Group {
  readonly comment: string
  readonly private: JWK
  readonly public?: JWK
  readonly tests: readonly Vector[]
}

const file = new URL('../vectors/wycheproof/json_web_signature_test.json', import.meta.url)
const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as { readonly testGroups: readonly Group[] }

/** Wrong upstream: 367 and 370 are the valid 357 again, called invalid; 372 and 373 hold a `?` and are called valid. */
const WRONG = new Set([367, 370, 372, 373])

/** Valid tokens whose published key names another algorithm (PS256 for a PS384 token) or one that does not exist (ES521). */
const MISLABELLED = new Set([346, 347, 350, 351])

const ASYMMETRIC = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** As the methods judge a token, short of its claims: the outer shape, the key by its header, the signature. */
async function accepts(jws: string, jwk: JWK): Promise<boolean> {
  const header = soundHeader(jws)
  if (header === undefined) return false
  const key = await keyFor(header, jwk)
  return key !== undefined && provesSignature(jws, key, jwk.kty === 'oct' ? ['HS256'] : ASYMMETRIC)
}

/** The payloads of the vectors are no JSON, so another one stands in, and their spelling is judged in the signature's place. */
function soundHeader(jws: string) {
  const [header = '', payload = '', signature = '', ...more] = jws.split('.')
  if (more.length > 0) return undefined
  const isSpeltWell = payload === '' || parseCompactJwt(`${header}.${part('{}')}.${payload}`) !== undefined
  return isSpeltWell ? parseCompactJwt(`${header}.${part('{}')}.${signature}`)?.header : undefined
}

async function keyFor(header: { readonly alg: string }, jwk: JWK) {
  if (jwk.kty === 'oct') {
    const bytes = Buffer.from(jwk.k ?? '', 'base64url')
    const text = bytes.toString('utf8')
    // Ours takes texts, which the key of one of the groups is.
    if (Buffer.from(text, 'utf8').equals(bytes)) return importHs256Key(text)
    return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
  }
  // Both are of a JWS and not only of its header; nothing but the header is read of them.
  return createLocalJWKSet({ keys: [jwk] })(header, { payload: '', signature: '' }).catch(() => undefined)
}

const keyOf = (group: Group) => group.public ?? group.private
const vectorsOf = ({ tests }: Group) => tests.filter(({ tcId }) => !WRONG.has(tcId) && !MISLABELLED.has(tcId))

describe('the vectors of Wycheproof for JWS', () => {
  it.each(testGroups.map((group) => [`${group.comment} (${keyOf(group).kty})`, group] as const))(
    'are judged as they should be: %s',
    async (_name, group) => {
      for (const { tcId, comment, jws, result } of vectorsOf(group)) {
        expect(await accepts(jws, keyOf(group)), `${tcId} ${comment}`).toBe(result === 'valid')
      }
    },
  )

  it('are judged so for a key that names no algorithm, where theirs is the wrong one', async () => {
    const groups = testGroups.filter(({ tests }) => tests.some(({ tcId }) => MISLABELLED.has(tcId)))
    let ran = 0
    for (const group of groups) {
      const { alg: _, ...unnamed } = keyOf(group)
      for (const { tcId, jws } of group.tests.filter(({ tcId: id }) => MISLABELLED.has(id))) {
        expect(await accepts(jws, keyOf(group)), `${tcId} with its label`).toBe(false)
        expect(await accepts(jws, unnamed), `${tcId} without`).toBe(true)
        ran++
      }
    }
    expect(ran).toBe(4)
  })

  it('are all there, and all but four are run', () => {
    const ran = testGroups.flatMap((group) => vectorsOf(group))
    expect(ran.filter(({ result }) => result === 'valid')).toHaveLength(40)
    expect(ran.filter(({ result }) => result === 'invalid')).toHaveLength(353)
    expect(ran.length + MISLABELLED.size + WRONG.size).toBe(401)
  })

  it('say nothing about a token of a key that is not theirs', async () => {
    const [first] = testGroups
    const [valid] = first?.tests ?? []
    if (first === undefined || valid === undefined) throw new Error('there are no vectors')
    expect(await accepts(valid.jws, keyOf(first))).toBe(true)
    expect(await accepts(valid.jws, { kty: 'oct', k: part('x'.repeat(32)) })).toBe(false)
  })
})
