import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PROGRAMS } from '../harness/balances/associated.js'
import { ENOUGH, give, newWallets, outcomesOf, readEnough, sourceOf } from '../harness/balances/bounds-kit.js'
import { startTokenRpc } from '../harness/balances/fault-kit.js'
import { type RawCall, withRawRpc } from '../harness/balances/raw-rpc.js'
import { untilEnded } from '../harness/balances/readings.js'
import { ALICE, BOB, CAROL, MINT, OTHER_MINT } from '../support/addresses.js'
import { type FaultAccount, type FaultRpc, faults } from '../support/rpc/fault-rpc.js'
import { rawMint, rawTokenAccount } from '../support/rpc/raw-accounts.js'

const SYSTEM_PROGRAM = '11111111111111111111111111111111'
const STAKE_PROGRAM = 'Stake11111111111111111111111111111111111111'

let rpc: FaultRpc
beforeAll(async () => {
  rpc = await startTokenRpc()
})
afterAll(() => rpc.close())
beforeEach(() => {
  rpc.fault = 'none'
  rpc.faultyMethod = undefined
  rpc.setMint(MINT, { decimals: 9 })
  rpc.setMint(OTHER_MINT, { decimals: 9, program: 'token-2022' })
  for (const mint of [MINT, OTHER_MINT]) give(rpc, BOB, programOf(mint), mint)
  rpc.reset()
})

const programOf = (mint: string) => ({
  program: mint === MINT ? ('spl-token' as const) : ('token-2022' as const),
})

/** The same bytes, but for some of them. */
const withByte = (at: number, value: number) => (bytes: Buffer) => {
  bytes[at] = value
  return bytes
}
const padded = (length: number, type?: number) => (bytes: Buffer) => {
  const longer = Buffer.concat([bytes.subarray(0, 165)], length)
  if (type !== undefined) longer[165] = type
  return longer
}
const answered = (account: unknown) => () => account
const asData = (data: unknown) => answered({ owner: PROGRAMS['spl-token'], data, lamports: 1 })

const lies: Readonly<Record<string, Partial<FaultAccount>>> = {
  'of another mint': { mint: CAROL },
  'of another owner': { owner: CAROL },
  'of the system program, and not empty': { programId: SYSTEM_PROGRAM },
  'of a program that has nothing to do with tokens': { programId: STAKE_PROGRAM },
  'that was never initialized': { state: 'uninitialized' },
  'of a state that there is not': { raw: withByte(108, 3) },
  'that is empty': { raw: () => Buffer.alloc(0) },
  'cut off by one byte': { raw: (bytes) => bytes.subarray(0, 164) },
  'as long as a mint': { raw: (bytes) => bytes.subarray(0, 82) },
  'as long as a multisig': { raw: padded(355, 2) },
  'that is text': { raw: answered('account') },
  'that is a number': { raw: answered(5) },
  'that is a list': { raw: answered([]) },
  'that is nothing but an object': { raw: answered({}) },
  'without data': { raw: asData(undefined) },
  'with null for data': { raw: asData(null) },
  'with text for data': { raw: asData('AAAA') },
  'with data in base58': { raw: asData(['1111', 'base58']) },
  'with parsed data': { raw: asData({ parsed: { type: 'account' }, program: 'spl-token', space: 165 }) },
  'with data that is no base64': { raw: (bytes) => asData([`${bytes.toString('base64')}*`, 'base64'])() },
  'with data of one part': { raw: (bytes) => asData([bytes.toString('base64')])() },
  'without a program': {
    raw: (bytes) => ({ data: [bytes.toString('base64'), 'base64'], lamports: 1 }),
  },
}

describe.each([MINT, OTHER_MINT])('an associated account of %s', (mint) => {
  it.each(Object.entries(lies))('is an outage for its wallet alone, never zero: %s', async (_, lie) => {
    const wallets = newWallets(40)
    for (const owner of wallets) give(rpc, owner, programOf(mint), mint)
    give(rpc, ALICE, { ...programOf(mint), ...lie }, mint)
    const source = sourceOf(rpc)
    // Once together with the first question after the mint, once when it is known.
    for (let at = 0; at < 2; at++) {
      rpc.reset()
      const owners = [...wallets.slice(0, 20), ALICE, ...wallets.slice(20)]
      const answers = await Promise.allSettled(owners.map((owner) => readEnough(source, owner, { mint })))
      const outcomes = answers.map((answer) =>
        answer.status === 'fulfilled' ? answer.value.amount : 'rejected',
      )
      expect(outcomes).toEqual(owners.map((owner) => (owner === ALICE ? 'rejected' : ENOUGH)))
      expect(rpc.calls()).toBe(1)
    }
  })
})

describe('an account of SPL Token', () => {
  it('that is longer than one can be is an outage', async () => {
    for (const length of [166, 170, 300]) {
      give(rpc, ALICE, { raw: padded(length, 2) })
      await expect(readEnough(sourceOf(rpc), ALICE)).rejects.toThrow('could answer')
    }
  })

  it('that says to be of Token-2022 is an outage', async () => {
    give(rpc, ALICE, { programId: PROGRAMS['token-2022'] })
    await expect(readEnough(sourceOf(rpc), ALICE)).rejects.toThrow('could answer')
  })
})

describe('an account of Token-2022', () => {
  const read = (raw: (bytes: Buffer) => unknown) => {
    give(rpc, ALICE, { program: 'token-2022', raw }, OTHER_MINT)
    return readEnough(sourceOf(rpc), ALICE, { mint: OTHER_MINT })
  }

  it.each([165, 166, 170, 354, 356, 700])('of %i bytes counts', async (length) => {
    expect(await read(padded(length, 2))).toMatchObject({ amount: ENOUGH, exact: false })
  })

  it.each([0, 1, 3])('of the type %i is an outage', async (type) => {
    await expect(read(padded(170, type))).rejects.toThrow('could answer')
  })

  it('that says to be of SPL Token is an outage', async () => {
    give(rpc, ALICE, { program: 'token-2022', programId: PROGRAMS['spl-token'] }, OTHER_MINT)
    await expect(readEnough(sourceOf(rpc), ALICE, { mint: OTHER_MINT })).rejects.toThrow('could answer')
  })
})

describe('a mint', () => {
  const mintLies = {
    'does not exist': () => null,
    'is text': () => 'mint',
    'is a token account': (bytes: Buffer) => Buffer.concat([bytes], 165),
    'is cut off': (bytes: Buffer) => bytes.subarray(0, 81),
    'is longer by one byte': (bytes: Buffer) => Buffer.concat([bytes], 83),
    'is as long as a multisig': (bytes: Buffer) => padded(355, 1)(Buffer.concat([bytes], 165)),
    'is not initialized': withByte(45, 0),
    'is empty': () => Buffer.alloc(0),
  }

  it.each(Object.entries(mintLies))(
    'that %s is an outage for all, and believed as soon as it is well',
    async (_, raw) => {
      for (const [mint, program] of [
        [MINT, 'spl-token'],
        [OTHER_MINT, 'token-2022'],
      ] as const) {
        rpc.setMint(mint, { decimals: 9, program, raw })
        const source = sourceOf(rpc)
        for (const owner of [BOB, ALICE]) {
          await expect(readEnough(source, owner, { mint })).rejects.toThrow('could answer')
        }
        rpc.setMint(mint, { decimals: 9, program })
        expect(await readEnough(source, BOB, { mint })).toMatchObject({ amount: ENOUGH, decimals: 9 })
      }
    },
  )

  it('of SPL Token has no extension, and one of Token-2022 none of an account', async () => {
    rpc.setMint(MINT, { decimals: 9, isExtended: true })
    await expect(readEnough(sourceOf(rpc), BOB)).rejects.toThrow('could answer')
    for (const type of [0, 2]) {
      const raw = (bytes: Buffer) => withByte(165, type)(bytes)
      rpc.setMint(OTHER_MINT, { decimals: 9, program: 'token-2022', isExtended: true, raw })
      await expect(readEnough(sourceOf(rpc), BOB, { mint: OTHER_MINT })).rejects.toThrow('could answer')
    }
  })

  it('of another program is an outage', async () => {
    for (const programId of [SYSTEM_PROGRAM, STAKE_PROGRAM]) {
      rpc.setMint(MINT, { decimals: 9, programId })
      await expect(readEnough(sourceOf(rpc), BOB)).rejects.toThrow('could answer')
    }
  })

  it('is given up where an exact answer contradicts it, so that one lie does not last', async () => {
    const source = sourceOf(rpc)
    rpc.setMint(MINT, { decimals: 6 })
    expect(await readEnough(source, BOB)).toMatchObject({ decimals: 6 })
    rpc.setMint(MINT, { decimals: 9 })
    const exactly = { mint: MINT, owner: BOB, exact: true }
    await expect(source.read(exactly, untilEnded())).rejects.toThrow('could answer')
    expect(await readEnough(source, BOB)).toMatchObject({ decimals: 9 })
  })

  it('of another program than its accounts say is given up as well', async () => {
    const source = sourceOf(rpc)
    await readEnough(source, BOB)
    give(rpc, BOB, { programId: PROGRAMS['token-2022'] })
    const exactly = { mint: MINT, owner: BOB, exact: true }
    await expect(source.read(exactly, untilEnded())).rejects.toThrow('could answer')
    rpc.reset()
    give(rpc, BOB)
    expect(await readEnough(source, BOB)).toMatchObject({ amount: ENOUGH })
    expect(rpc.requests()[0]?.params[0]).toHaveLength(3)
  })
})

describe('an answer about several accounts', () => {
  // The bad amounts are in parsed accounts alone.
  const answerFaults = faults.filter((fault) => !fault.includes('amount') && fault !== 'silent')

  it.each(answerFaults.filter((fault) => fault !== 'slow-body'))(
    'that fails is an outage for all of them: %s',
    async (fault) => {
      const source = sourceOf(rpc)
      await readEnough(source, BOB)
      rpc.reset()
      rpc.fault = fault
      rpc.faultyMethod = 'getMultipleAccounts'
      const wallets = newWallets(3)
      for (const owner of wallets) give(rpc, owner)
      expect(await outcomesOf(source, wallets)).toEqual(['rejected', 'rejected', 'rejected'])
      expect(rpc.calls()).toBe(1)
      rpc.fault = 'none'
      expect(await outcomesOf(source, wallets)).toEqual([ENOUGH, ENOUGH, ENOUGH])
    },
  )
})

describe('an envelope around several accounts', () => {
  const asAnswered = (bytes: Buffer) => ({
    data: [bytes.toString('base64'), 'base64'],
    owner: PROGRAMS['spl-token'],
  })
  const mint = asAnswered(rawMint(9, 0n))
  const held = { mint: MINT, owner: ALICE, amount: ENOUGH, state: 'initialized', isExtended: false } as const
  const account = asAnswered(rawTokenAccount(held))
  const context = { slot: 7 }
  const value = [mint, account, null]

  async function answering(parts: object) {
    const asked: string[] = []
    const answer = ({ id, method }: RawCall) => {
      asked.push(method)
      return { jsonrpc: '2.0', id, result: { context, value }, ...parts }
    }
    const outcomes = await withRawRpc(answer, (url) => outcomesOf(sourceOf({ url }), [ALICE]))
    return { outcomes, asked }
  }

  it('is believed where nothing is wrong with it', async () => {
    expect(await answering({ more: 1 })).toEqual({ outcomes: [ENOUGH], asked: ['getMultipleAccounts'] })
  })

  it.each<[string, object]>([
    ['tells too few accounts', { result: { context, value: [mint, account] } }],
    ['tells too many accounts', { result: { context, value: [...value, null] } }],
    ['tells none', { result: { context, value: [] } }],
    ['tells an object', { result: { context, value: { ...value, length: 3 } } }],
    ['has no slot', { result: { context: {}, value } }],
    ['has a slot that is text', { result: { context: { slot: '7' }, value } }],
    ['has a slot of one and a half', { result: { context: { slot: 1.5 }, value } }],
    ['has a negative slot', { result: { context: { slot: -1 }, value } }],
    ['has a slot beyond 2^53', { result: { context: { slot: 2 ** 53 }, value } }],
    ['has null for a context', { result: { context: null, value } }],
    ['has another version', { jsonrpc: '1.0' }],
    ['has no result', { result: undefined }],
    ['has null for a result', { result: null }],
    ['has text for a result', { result: 'ok' }],
    ['is an error and a result at once', { error: { code: 1, message: 'and yet' } }],
    ['has null for an error', { error: null }],
    ['is to another question', { id: 'accounts 2' }],
    ['is to no question', { id: undefined }],
  ])('is an outage where it %s, and nothing else is asked', async (_, parts) => {
    expect(await answering(parts)).toEqual({ outcomes: ['rejected'], asked: ['getMultipleAccounts'] })
  })
})
