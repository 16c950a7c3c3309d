import { GateError } from 'sallyport'
import { describe, expect, it } from 'vitest'
import { createWalletScope } from '../../src/wallet-scope.js'
import { ALICE, BOB } from '../support/addresses.js'

const scope = createWalletScope(ALICE, 'ownerWallet')

describe('what a wallet owns', () => {
  it('is a record that names exactly it', () => {
    expect(scope.owns({ ownerWallet: ALICE })).toBe(true)
    expect(scope.owns({ ownerWallet: ALICE, id: 1 })).toBe(true)
  })

  it.each([
    ['a record of another wallet', { ownerWallet: BOB }],
    ['a record without a wallet', { id: 1 }],
    ['a record whose wallet is null', { ownerWallet: null }],
    ['a record whose wallet is undefined', { ownerWallet: undefined }],
    ['a record whose wallet is empty', { ownerWallet: '' }],
    ['a record of its address in another case', { ownerWallet: ALICE.toLowerCase() }],
    ['a record of its address and a space', { ownerWallet: `${ALICE} ` }],
    ['a record of a list with its address', { ownerWallet: [ALICE] }],
    ['a record of something that reads as its address', { ownerWallet: { toString: (): string => ALICE } }],
    ['a record with another member of that value', { wallet: ALICE }],
    ['nothing', undefined],
    ['null', null],
  ])('is not %s', (_what, record) => {
    expect(scope.owns(record)).toBe(false)
  })

  it('is no primitive, not even its own address', () => {
    const owns: (value: never) => boolean = scope.owns
    for (const value of [ALICE, 5, true, Symbol('x')]) expect(owns(value as never)).toBe(false)
  })

  it('can be asked by a bare function, as a filter asks', () => {
    const { owns } = scope
    const rows = [{ ownerWallet: ALICE, id: 1 }, { ownerWallet: BOB, id: 2 }, { id: 3 }]
    expect(rows.filter(owns)).toEqual([{ ownerWallet: ALICE, id: 1 }])
    expect([ALICE, null].map((ownerWallet) => ({ ownerWallet })).filter(owns)).toHaveLength(1)
  })
})

describe('the tag of a wallet', () => {
  it('makes a copy that names it', () => {
    const record = Object.freeze({ id: 1 })
    const tagged = scope.tag(record)
    expect(tagged).toEqual({ id: 1, ownerWallet: ALICE })
    expect(tagged).not.toBe(record)
    expect(scope.owns(tagged)).toBe(true)
  })

  it.each([[{ ownerWallet: ALICE }], [{ ownerWallet: null }], [{ ownerWallet: undefined }]])(
    'is put on a record that names nobody else: %j',
    (record) => {
      expect(scope.tag(record)).toEqual({ ownerWallet: ALICE })
    },
  )

  it.each([[{ ownerWallet: BOB }], [{ ownerWallet: '' }], [{ ownerWallet: 0 }], [{ ownerWallet: [ALICE] }]])(
    'is never put over that of another: %j',
    (record) => {
      let thrown: unknown
      try {
        scope.tag(record)
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBeInstanceOf(GateError)
      expect(thrown).toMatchObject({ code: 'ERR_GATE_WALLET_SCOPE' })
    },
  )

  it('is a member of the record alone: a body that names __proto__ changes no prototype', () => {
    const body: object = JSON.parse('{"__proto__":{"ownerWallet":"x"},"id":1}')
    const tagged = scope.tag(body)
    expect(Object.getPrototypeOf(tagged)).toBe(Object.prototype)
    expect(Object.hasOwn(tagged, 'ownerWallet')).toBe(true)
    expect(tagged.ownerWallet).toBe(ALICE)
  })
})

describe('a wallet scope', () => {
  it('cannot be changed', () => {
    expect(Object.isFrozen(scope)).toBe(true)
    expect(Object.isFrozen(scope.filter)).toBe(true)
    expect(Reflect.set(scope, 'address', BOB)).toBe(false)
    expect(Reflect.set(scope.filter, 'ownerWallet', BOB)).toBe(false)
  })

  it('filters by its address', () => {
    expect(scope.filter).toEqual({ ownerWallet: ALICE })
    expect(scope.address).toBe(ALICE)
  })
})
