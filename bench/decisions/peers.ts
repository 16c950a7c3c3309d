import { hash } from 'node:crypto'
import { verifySync } from '@node-rs/jsonwebtoken'
import { createVerifier } from 'fast-jwt'
import { verify as honoVerify } from 'hono/jwt'
import { jwtVerify } from 'jose/jwt/verify'
import jsonwebtoken from 'jsonwebtoken'
import { AUDIENCE, type Caller, importSecret, type Presented, secretKeyOf } from '../credentials.js'
import { FAST_JWT_CACHE, JOSE, LIMIT, OTHERS } from './names.js'
import { atOnce, awaited, freshCopies, type Subject } from './subject.js'

const ENTRIES = 10_000

/** What no check of a kept credential can do without: to hash it, and to look the hash up among many. */
export function limitSubject(caller: Caller, presented: Presented, operations: number): Subject {
  const credential = caller[presented]
  const known = new Map<string, object>()
  for (let at = 1; at < ENTRIES; at++) known.set(hash('sha256', String(at)), { at })
  known.set(hash('sha256', credential), { at: 0 })
  return atOnce(LIMIT[presented], operations, freshCopies(credential), (copy) => {
    if (known.get(hash('sha256', copy)) === undefined) throw new Error('the limit found nothing')
  })
}

/** Other packages' checks of the same JWT, each given its secret in the form that it is fastest with. */
export async function peerSubjects(caller: Caller, operations: number): Promise<Subject[]> {
  const { token, sharedSecret, keyId } = caller
  const makeToken = freshCopies(token)
  const slow = operations / 4
  const [fastJwt, nodeRs, jsonwebtokenKey, jsonwebtokenText, hono] = OTHERS
  const expect = (payload: unknown) => {
    if ((payload as { readonly key_id?: unknown }).key_id !== keyId)
      throw new Error('a peer found another payload')
  }
  const cachedVerify = createVerifier({ key: sharedSecret, cache: true })
  const plainVerify = createVerifier({ key: sharedSecret })
  const secretKey = secretKeyOf(caller)
  const cryptoKey = await importSecret(caller)
  // Node-rs looks for an audience wherever a token has one.
  const validation = { aud: [AUDIENCE] }
  return [
    atOnce(FAST_JWT_CACHE, operations, makeToken, (copy) => expect(cachedVerify(copy))),
    atOnce(fastJwt, slow, makeToken, (copy) => expect(plainVerify(copy))),
    atOnce(nodeRs, slow, makeToken, (copy) => expect(verifySync(copy, sharedSecret, validation))),
    atOnce(jsonwebtokenKey, slow, makeToken, (copy) => expect(jsonwebtoken.verify(copy, secretKey))),
    atOnce(jsonwebtokenText, 500, makeToken, (copy) => expect(jsonwebtoken.verify(copy, sharedSecret))),
    awaited(JOSE, slow, makeToken, async (copy) => expect((await jwtVerify(copy, cryptoKey)).payload)),
    awaited(hono, slow, makeToken, async (copy) => expect(await honoVerify(copy, cryptoKey, 'HS256'))),
  ]
}
