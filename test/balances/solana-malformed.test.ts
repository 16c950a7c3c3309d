import { solanaBalances } from 'sallyport/balances/solana'
import { describe, expect, it } from 'vitest'
import { readFrom } from '../harness/balances/fault-kit.js'
import { withRawRpc } from '../harness/balances/raw-rpc.js'
import { ALICE, BOB, CAROL, MINT } from '../support/addresses.js'

const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'

interface Parts {
  readonly slot?: unknown
  readonly value?: unknown
  readonly entry?: object
  readonly account?: object
  readonly data?: object
  readonly parsed?: object
  readonly info?: object
  readonly envelope?: object
}

/** A good answer with 5 units for Alice, and some parts of it replaced; `undefined` leaves a part out. */
function answerWith(parts: Parts) {
  const info = {
    mint: MINT,
    owner: ALICE,
    state: 'initialized',
    isNative: false,
    tokenAmount: { amount: '5', decimals: 9, uiAmount: 5e-9, uiAmountString: '0.000000005' },
    ...parts.info,
  }
  const data = {
    program: 'spl-token',
    space: 165,
    parsed: { type: 'account', info, ...parts.parsed },
    ...parts.data,
  }
  const account = {
    lamports: 1,
    executable: false,
    rentEpoch: 0,
    owner: TOKEN_PROGRAM,
    data,
    ...parts.account,
  }
  const entry = { pubkey: CAROL, account, ...parts.entry }
  const slot = 'slot' in parts ? parts.slot : 7
  const value = 'value' in parts ? parts.value : [entry]
  return ({ id }: { readonly id: unknown }) => ({
    jsonrpc: '2.0',
    id,
    result: { context: { slot }, value },
    ...parts.envelope,
  })
}

const reading = (answer: (call: { readonly id: unknown }) => unknown) =>
  withRawRpc(answer, (url) => readFrom(solanaBalances({ rpcUrl: url, timeoutMs: 10_000 })))

describe('an answer of a node', () => {
  it('counts where nothing is wrong with it', async () => {
    expect(await reading(answerWith({}))).toBe(5n)
  })

  it('counts whatever else it says', async () => {
    expect(
      await reading(answerWith({ info: { extensions: [{}], delegate: BOB }, envelope: { more: 1 } })),
    ).toBe(5n)
  })

  it.each<[string, Parts]>([
    ['has a slot of one and a half', { slot: 1.5 }],
    ['has a negative slot', { slot: -1 }],
    ['has a slot beyond 2^53', { slot: 2 ** 53 }],
    ['has a slot that is text', { slot: '7' }],
    ['has no slot', { slot: undefined }],
    ['has one account instead of a list', { value: {} }],
    ['has a list of nothing', { value: [null] }],
    ['has a list of text', { value: ['5'] }],
    ['has zero for accounts', { value: 0 }],
    ['has no accounts', { value: undefined }],
    ['has an account without an address', { entry: { pubkey: undefined } }],
    ['has an account whose address is none', { entry: { pubkey: 'nowhere' } }],
    ['has an account of nothing', { entry: { account: null } }],
    ['has an account without a program', { account: { owner: undefined } }],
    ['has an account whose data is not parsed', { account: { data: ['AAAA', 'base64'] } }],
    ['has an account without data', { account: { data: undefined } }],
    ['has a mint for an account', { parsed: { type: 'mint' } }],
    ['has a multisig for an account', { parsed: { type: 'multisig' } }],
    ['has an account of no type', { parsed: { type: undefined } }],
    ['has an account without information', { parsed: { info: undefined } }],
    ['has null for information', { parsed: { info: null } }],
    ['has text for information', { parsed: { info: 'account' } }],
    ['has a parsed number', { data: { parsed: 5 } }],
    ['has nothing parsed', { data: { parsed: null } }],
    ['is an error and a result at once', { envelope: { error: { code: 1, message: 'and yet' } } }],
    ['is an error of no form and a result', { envelope: { error: 'down' } }],
    ['has another version', { envelope: { jsonrpc: '1.0' } }],
    ['is to no call', { envelope: { id: undefined } }],
    ['is to the call null', { envelope: { id: null } }],
  ])('is an outage where it %s', async (_, parts) => {
    expect(await reading(answerWith(parts))).toBe('rejected')
  })

  it.each<[string, (call: { readonly id: unknown }) => unknown]>([
    ['null', () => null],
    ['zero', () => 0],
    ['an empty list', () => []],
    ['a batch with the answer in it', (call) => [answerWith({})(call)]],
    ['an empty object', () => ({})],
    ['an id alone', ({ id }) => ({ jsonrpc: '2.0', id })],
    ['a result of null', ({ id }) => ({ jsonrpc: '2.0', id, result: null })],
    ['two answers in a row', (call) => JSON.stringify(answerWith({})(call)).repeat(2)],
    ['an answer and a comma', (call) => `${JSON.stringify(answerWith({})(call))},`],
  ])('is an outage where it is %s', async (_, answer) => {
    expect(await reading(answer)).toBe('rejected')
  })

  it('that poisons prototypes changes nothing', async () => {
    const poison = (call: { readonly id: unknown }) =>
      JSON.stringify(answerWith({ info: { tokenAmount: {} } })(call)).replace(
        '"tokenAmount":{}',
        '"tokenAmount":{"__proto__":{"amount":"5","decimals":9}}',
      )
    expect(await reading(poison)).toBe('rejected')
    expect(({} as { amount?: unknown }).amount).toBeUndefined()
  })
})
