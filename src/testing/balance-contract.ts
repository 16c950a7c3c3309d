import assert from 'node:assert/strict'
import { type Decimal, parseDecimal } from '../amount.js'
import { meets } from '../balance-check.js'
import type { BalanceSource } from '../ports/balance-source.js'
import type { CallOptions } from '../ports/call-options.js'
import type { ContractCase } from './contract-case.js'

/** One way in which a source can be broken. */
export interface BalanceFault {
  readonly name: string
  /** Whether questions after mints are broken by it too. */
  readonly mintsToo: boolean
}

/** A balance source over a chain that can be broken and healed. Nothing has been read from it yet. */
export interface BalanceFixture {
  readonly source: BalanceSource
  readonly mint: string
  readonly decimals: number
  /** A wallet that holds more than 2^53 base units. */
  readonly rich: { readonly owner: string; readonly amount: bigint }
  /** A wallet that never held the token. */
  readonly unseen: string
  /** An address that is no mint. */
  readonly noMint: string
  break(fault: string): void
  /** From now on nothing is ever answered. */
  hang(): void
  heal(): void
  close(): Promise<void>
}

/** What a source must supply for the contract to reach it. */
export interface BalanceContractOptions {
  /** Every way in which this source can be broken: no answer, an error, a malformed answer, an absent amount. */
  readonly faults: readonly BalanceFault[]
  /** A new fixture. With a fault that is named to it, its source gives up within a second. */
  open(fault?: string): Promise<BalanceFixture>
}

/**
 * What every balance source, and every decorator of one, must do, in cases for any test runner. Each opens a fixture of
 * its own.
 *
 * @example
 * const faults = [{ name: 'the node answers 500', mintsToo: true }]
 * for (const { name, run } of balanceContract({ faults, open: openMyChain })) it(name, run)
 */
export function balanceContract({ faults, open }: BalanceContractOptions): readonly ContractCase[] {
  const over = (name: string, use: (kit: BalanceKit) => Promise<void>, fault?: string): ContractCase => ({
    name,
    async run() {
      const fixture = await open(fault)
      try {
        await use(kitOf(fixture))
      } finally {
        await fixture.close()
      }
    },
  })
  return [
    ...cases.map(({ name, use }) => over(name, use)),
    ...faults.map(({ name }) =>
      over(
        `rejects, rather than reading zero, on this fault: ${name}`,
        async ({ fixture, read }) => {
          const { rich, unseen } = fixture
          fixture.break(name)
          assert.equal(await read(rich.owner), 'rejected')
          assert.equal(await read(rich.owner, untilEnded(), decimal('9'.repeat(40))), 'rejected')
          fixture.heal()
          assert.equal(await read(rich.owner), rich.amount)
          assert.equal(await read(unseen), 0n)
        },
        name,
      ),
    ),
    ...faults
      .filter(({ mintsToo }) => mintsToo)
      .map(({ name }) =>
        over(
          `rejects a question after a mint on this fault: ${name}`,
          async ({ fixture, readMint }) => {
            fixture.break(name)
            assert.equal(await readMint(fixture.mint), 'rejected')
            fixture.heal()
            assert.equal(await readMint(fixture.mint), fixture.decimals)
          },
          name,
        ),
      ),
  ]
}

interface BalanceKit {
  readonly fixture: BalanceFixture
  read(owner: string, options?: CallOptions, minimum?: Decimal): Promise<bigint | 'rejected'>
  readMint(mint: string, options?: CallOptions): Promise<number | 'rejected'>
}

function kitOf(fixture: BalanceFixture): BalanceKit {
  const { source, mint } = fixture
  return {
    fixture,
    async read(owner, options = untilEnded(), minimum) {
      const query = { mint, owner, ...(minimum && { minimum }) }
      const answer = await attempt(() => source.read(query, options))
      return answer === 'rejected' ? answer : answer.amount
    },
    async readMint(asked, options = untilEnded()) {
      const answer = await attempt(() => source.readMint(asked, options))
      return answer === 'rejected' ? answer : answer.decimals
    },
  }
}

// What is thrown at once counts like a rejection; what is answered must be an answer.
async function attempt<T>(call: () => T | Promise<T>): Promise<T | 'rejected'> {
  try {
    return await call()
  } catch {
    return 'rejected'
  }
}

const cases: readonly { readonly name: string; use(kit: BalanceKit): Promise<void> }[] = [
  {
    name: 'reads base units exactly, beyond 2^53',
    async use({ fixture: { rich }, read }) {
      assert.ok(rich.amount > 2n ** 53n, 'the rich wallet holds more than 2^53 base units')
      assert.equal(await read(rich.owner), rich.amount)
    },
  },
  {
    name: 'reads zero for a wallet that never held the token',
    async use({ fixture, read }) {
      assert.equal(await read(fixture.unseen), 0n)
    },
  },
  {
    name: 'says with which decimals and at which slot, and that it is exact',
    async use({ fixture: { source, mint, rich, unseen, decimals } }) {
      for (const owner of [rich.owner, unseen]) {
        const answer = await source.read({ mint, owner, exact: true }, untilEnded())
        assert.equal(answer.decimals, decimals)
        assert.equal(answer.exact, true)
        assert.ok(answer.slot > 0 && Number.isSafeInteger(answer.slot), `the slot ${answer.slot}`)
      }
    },
  },
  {
    name: 'answers what is there, or a lower bound that reaches what the caller needs',
    async use({ fixture: { source, mint, rich, unseen } }) {
      const { owner, amount } = rich
      for (const minimum of [decimal('0'), decimal('1'), decimal('9'.repeat(40))]) {
        const answer = await source.read({ mint, owner, minimum }, untilEnded())
        if (answer.exact) assert.equal(answer.amount, amount)
        else assert.ok(answer.amount <= amount && meets(answer, minimum), `the lower bound ${answer.amount}`)
      }
      const answer = await source.read({ mint, owner: unseen, minimum: decimal('1') }, untilEnded())
      assert.deepEqual([answer.amount, answer.exact], [0n, true])
    },
  },
  {
    name: 'answers many at once, each its own',
    async use({ fixture: { rich, unseen }, read }) {
      const owners = Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? unseen : rich.owner))
      const expected = owners.map((owner) => (owner === unseen ? 0n : rich.amount))
      assert.deepEqual(await Promise.all(owners.map((owner) => read(owner))), expected)
    },
  },
  {
    name: 'reads the decimals of a mint, and rejects where there is no such mint',
    async use({ fixture: { mint, noMint, decimals }, readMint }) {
      assert.equal(await readMint(mint), decimals)
      assert.equal(await readMint(noMint), 'rejected')
    },
  },
  {
    name: 'settles when the caller gives up, or else at its own deadline, and goes on afterwards',
    async use({ fixture, read, readMint }) {
      const { mint, rich, decimals } = fixture
      fixture.hang()
      const options = { signal: AbortSignal.timeout(20) }
      const answers = await Promise.all([read(rich.owner, options), readMint(mint, options)])
      assert.deepEqual(answers, ['rejected', 'rejected'])
      fixture.heal()
      assert.equal(await read(rich.owner), rich.amount)
      assert.equal(await readMint(mint), decimals)
    },
  },
  {
    name: 'lets a caller who gives up take nobody along',
    async use({ fixture: { rich }, read }) {
      const options = { signal: AbortSignal.abort(new Error('gone')) }
      const [, other] = await Promise.all([read(rich.owner, options), read(rich.owner)])
      assert.equal(other, rich.amount)
    },
  },
]

function untilEnded(): CallOptions {
  return { signal: new AbortController().signal }
}

function decimal(text: string): Decimal {
  const read = parseDecimal(text)
  if (read === undefined) throw new Error(`${text} is not a decimal`)
  return read
}
