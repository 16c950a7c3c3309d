import { randomUUID } from 'node:crypto'
import { jwtVerify } from 'jose/jwt/verify'
import { createGate, sharedSecretJwt } from 'sallyport'
import { mintToken } from 'sallyport/testing'
import { type Caller, fieldsOf, importSecret } from '../credentials.js'
import { createMessages, requestOf } from './message.js'
import { COLD } from './names.js'
import { awaited, type Subject } from './subject.js'

/** JWTs that nobody has seen before: a gate's decision, and jose's check of others of the same shape. */
export async function coldSubjects(caller: Caller, rounds: number, operations: number): Promise<Subject[]> {
  const gate = createGate({ store: caller.store, methods: [sharedSecretJwt()] })
  const cryptoKey = await importSecret(caller)
  const messages: (() => ReturnType<ReturnType<typeof createMessages>>)[] = []
  const tokens: string[] = []
  for (let at = 0; at < rounds * operations; at++) {
    messages.push(createMessages(fieldsOf({ ...caller, token: await signed(caller) }, 'token')))
    tokens.push(await signed(caller))
  }
  return [
    awaited(
      COLD.ours,
      operations,
      () => next(messages)(),
      async (message) => {
        const { type } = await gate(requestOf(message))
        if (type !== 'allow') throw new Error('a JWT seen for the first time was not allowed')
      },
    ),
    awaited(
      COLD.jose,
      operations,
      () => next(tokens),
      async (token) => {
        const { payload } = await jwtVerify(token, cryptoKey)
        if (payload.key_id !== caller.keyId) throw new Error('jose found another payload')
      },
    ),
  ]
}

function signed(caller: Caller): Promise<string> {
  return mintToken(caller, { nowMs: Date.now(), lifetimeSeconds: 3_600, claims: { jti: randomUUID() } })
}

function next<T>(things: T[]): T {
  const thing = things.pop()
  if (thing === undefined) throw new RangeError('every JWT has been used')
  return thing
}
