import { createGate, GateError, type Store, sharedSecretJwt } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../support/clock.js'
import { codeOf, refusalOf } from '../support/decisions.js'
import { never, throwing } from '../support/failures.js'
import { SECRET, sharedSecretRecord } from '../support/records.js'
import { mint } from '../support/tokens.js'
import { jwtKit } from './jwt-kit.js'

describe('a token that is honoured once', () => {
  it('needs a jti that names something', async () => {
    const kit = jwtKit({ replay: 'jti' })
    for (const jti of [undefined, '', null, 5, ['a'], 'a\0', 'x'.repeat(257)]) {
      await kit.expectInvalid(mint({ ...kit.claims, jti }, SECRET))
    }
    expect(kit.store.claims).toEqual([])
    expect(await kit.codeWith({ jti: 'a' })).toBe('allowed')
  })

  it('is refused the second time, by a code of its own', async () => {
    const kit = jwtKit({ replay: 'jti' })
    expect(await kit.codeWith({ jti: 'a' })).toBe('allowed')
    expect(await kit.codeWith({ jti: 'a' })).toBe('credential_replayed')
    expect(await kit.codeWith({ jti: 'a', exp: kit.now + 60 })).toBe('credential_replayed')
    expect(await kit.codeWith({ jti: 'b' })).toBe('allowed')
  })

  it('is used up by nothing but a request that is otherwise in order', async () => {
    const kit = jwtKit({ replay: 'jti' })
    const used = { ...kit.claims, jti: 'a' }
    expect(await kit.code(mint(used, `${SECRET}x`))).toBe('credential_invalid')
    expect(await kit.code(mint({ ...used, exp: kit.now + 9_999 }, SECRET))).toBe('credential_lifetime')
    expect(await kit.code(mint({ ...used, nbf: kit.now + 999 }, SECRET))).toBe('credential_not_yet_valid')
    expect(kit.store.claims).toEqual([])
    expect(await kit.code(mint(used, SECRET))).toBe('allowed')
  })

  it('is let in exactly once however many bring it at the same time', async () => {
    const kit = replayKit()
    const token = mint({ ...kit.claims, jti: 'a' }, SECRET)
    const codes = await Promise.all(Array.from({ length: 50 }, () => kit.code(token)))
    expect(codes.filter((code) => code === 'allowed')).toHaveLength(1)
    expect(codes.filter((code) => code === 'credential_replayed')).toHaveLength(49)
  })

  it('may be kept by a store that is an object of a class', async () => {
    class ClassStore implements Pick<Store, 'findCredential' | 'claim'> {
      readonly #claims = new Set<string>()
      readonly #row = sharedSecretRecord()
      constructor() {
        const { findCredential: _find, claim: _claim, ...others } = memoryStore()
        Object.assign(this, others)
      }
      findCredential() {
        return this.#row
      }
      claim(key: string) {
        return !this.#claims.has(key) && this.#claims.add(key).has(key)
      }
    }
    const kit = jwtKit({ replay: 'jti' }, { store: new ClassStore() as unknown as Store })
    expect(await kit.codeWith({ jti: 'a' })).toBe('allowed')
    expect(await kit.codeWith({ jti: 'a' })).toBe('credential_replayed')
  })

  it('may bear the same jti as a token of another credential', async () => {
    const kit = jwtKit({ replay: 'jti' })
    kit.store.put(sharedSecretRecord({ id: 'cred_other', keyId: 'api_key_other' }))
    expect(await kit.codeWith({ jti: 'a' })).toBe('allowed')
    expect(await kit.codeWith({ jti: 'a', key_id: 'api_key_other' })).toBe('allowed')
    expect(await kit.codeWith({ jti: 'a', key_id: 'api_key_other' })).toBe('credential_replayed')
  })

  it('cannot be told apart from another by pasting names together', async () => {
    const kit = jwtKit({ replay: 'jti' })
    kit.store.put(sharedSecretRecord({ id: 'cred', keyId: 'api_key_a' }))
    kit.store.put(sharedSecretRecord({ id: 'cred","x', keyId: 'api_key_b' }))
    expect(await kit.codeWith({ key_id: 'api_key_a', jti: 'x","y' })).toBe('allowed')
    expect(await kit.codeWith({ key_id: 'api_key_b', jti: 'y' })).toBe('allowed')
  })

  it('is looked at once where several guards see the same request', async () => {
    const kit = jwtKit({ replay: 'jti' })
    const request = kit.request(mint({ ...kit.claims, jti: 'a' }, SECRET))
    expect(await codeOf(kit.gate, request)).toBe('allowed')
    expect(await codeOf(kit.gate.with({}), request)).toBe('allowed')
    expect(await codeOf(kit.gate, kit.request(mint({ ...kit.claims, jti: 'a' }, SECRET)))).toBe(
      'credential_replayed',
    )
  })
})

describe('the memory of used tokens', () => {
  it('holds for as long as the token could be honoured, and the token is over when it ends', async () => {
    const kit = replayKit()
    const token = mint({ ...kit.claims, exp: kit.now + 60, jti: 'a' }, SECRET)
    expect(await kit.code(token)).toBe('allowed')
    for (const ms of [1, 59_999, 29_999]) {
      kit.clock.advance(ms)
      expect(await kit.code(token)).toBe('credential_replayed')
    }
    kit.clock.advance(1)
    expect(await kit.code(token)).toBe('credential_expired')
  })

  it('survives a wall clock that is stepped forward and back again', async () => {
    const kit = replayKit()
    const token = mint({ ...kit.claims, jti: 'a' }, SECRET)
    expect(await kit.code(token)).toBe('allowed')
    kit.clock.stepWall(3_600_000_000)
    expect(await kit.code(token)).toBe('credential_expired')
    expect(await kit.codeWith({ jti: 'b', iat: kit.now + 3_600_000, exp: kit.now + 3_600_060 })).toBe(
      'allowed',
    )
    kit.clock.stepWall(-3_600_000_000)
    expect(await kit.code(token)).toBe('credential_replayed')
  })

  it('survives a wall clock that is stepped back a little', async () => {
    const kit = replayKit()
    const token = mint({ ...kit.claims, iat: kit.now - 600, exp: kit.now + 60, jti: 'a' }, SECRET)
    expect(await kit.code(token)).toBe('allowed')
    kit.clock.stepWall(-300_000)
    expect(await kit.code(token)).toBe('credential_replayed')
  })

  it('survives it for as long as the token then has', async () => {
    const kit = replayKit()
    const token = mint({ ...kit.claims, iat: kit.now - 600, exp: kit.now + 60, jti: 'a' }, SECRET)
    expect(await kit.code(token)).toBe('allowed')
    kit.clock.stepWall(-300_000)
    kit.clock.advance(90_000)
    expect(await kit.code(token)).toBe('credential_replayed')
  })
})

describe('a store that cannot claim', () => {
  it.each([
    ['throws', throwing()],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['hangs', never],
    ['answers undefined', () => undefined],
    ['answers null', () => null],
    ['answers the OK of a driver', () => 'OK'],
    ['answers a count of rows', () => 1],
    ['answers a result that says nothing', () => ({ rowCount: 0 })],
  ])('makes an outage, and lets nobody in: it %s', async (_how, fault) => {
    const kit = jwtKit({ replay: 'jti' }, { portTimeoutMs: 20 })
    kit.store.claimFault = fault
    const request = kit.request(mint({ ...kit.claims, jti: 'a' }, SECRET))
    expect(await refusalOf(kit.gate, request)).toMatchObject({
      code: 'dependency_unavailable',
      dependency: 'store',
    })
    kit.store.claimFault = undefined
    expect(await kit.codeWith({ jti: 'a' })).toBe('allowed')
  })

  it('is a mistake of the wiring where it is only findCredential', () => {
    const make = () =>
      createGate({ findCredential: () => undefined, methods: [sharedSecretJwt({ replay: 'jti' })] })
    expect(make).toThrow(GateError)
    expect(make).toThrow(/sharedSecretJwt.*replay.*needs a store/)
  })
})

/** A gate whose claims are kept by a real store, reached over something that takes a moment. */
function replayKit() {
  const clock = manualClock()
  const { claim } = memoryStore({ clock })
  const store = {
    ...memoryStore({ clock }),
    findCredential: () => sharedSecretRecord(),
    claim: async (...args: Parameters<typeof claim>) => claim(...args),
  }
  return jwtKit({ replay: 'jti' }, { clock, store })
}
