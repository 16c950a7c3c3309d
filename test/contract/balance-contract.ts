import type { BalanceSource } from 'sallyport'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decimal, untilEnded } from '../harness/balances/readings.js'

/** One way in which a source can be broken. */
export interface BalanceFault {
  readonly name: string
  /** Whether questions after mints are broken by it too. */
  readonly mintsToo: boolean
}

/** A balance source over a chain that can be broken and healed. Nothing has been read from it yet. */
export interface BalanceWorld {
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
export interface BalanceHarness {
  /** Every way in which this source can be broken. */
  readonly faults: readonly BalanceFault[]
  /** A new world. With a fault that is named to it, its source gives up within a second. */
  open(fault?: string): Promise<BalanceWorld>
}

/** What every balance source and every decorator of one must do. */
export function balanceContract(name: string, harness: BalanceHarness): void {
  describe(`the balance source ${name}`, () => {
    let world: BalanceWorld
    beforeEach(async () => {
      world = await harness.open()
    })
    const breakBy = async (fault: string) => {
      await world.close()
      world = await harness.open(fault)
      world.break(fault)
    }
    afterEach(() => world.close())

    // What is thrown at once counts like a rejection; what is answered must be an answer.
    async function attempt<T>(call: () => T | Promise<T>): Promise<T | 'rejected'> {
      try {
        return await call()
      } catch {
        return 'rejected'
      }
    }
    async function read(owner: string, options = untilEnded()): Promise<bigint | 'rejected'> {
      const answer = await attempt(() => world.source.read({ mint: world.mint, owner }, options))
      return answer === 'rejected' ? answer : answer.amount
    }
    async function readMint(mint: string, options = untilEnded()): Promise<number | 'rejected'> {
      const answer = await attempt(() => world.source.readMint(mint, options))
      return answer === 'rejected' ? answer : answer.decimals
    }

    it('reads base units exactly, beyond 2^53', async () => {
      const { owner, amount } = world.rich
      expect(amount).toBeGreaterThan(2n ** 53n)
      expect(Number.isSafeInteger(Number(amount))).toBe(false)
      expect(await read(owner)).toBe(amount)
    })

    it('reads zero for a wallet that never held the token', async () => {
      expect(await read(world.unseen)).toBe(0n)
    })

    it('says with which decimals and at which slot, and that it is exact', async () => {
      for (const owner of [world.rich.owner, world.unseen]) {
        const answer = await world.source.read({ mint: world.mint, owner, exact: true }, untilEnded())
        expect(answer).toMatchObject({ decimals: world.decimals, exact: true })
        expect(answer.slot).toBeGreaterThan(0)
        expect(Number.isSafeInteger(answer.slot)).toBe(true)
      }
    })

    it('answers the same amount whatever the caller needs', async () => {
      const { owner, amount } = world.rich
      for (const minimum of [decimal('0'), decimal('1'), decimal('9'.repeat(40))]) {
        const answer = await world.source.read({ mint: world.mint, owner, minimum }, untilEnded())
        expect(answer.amount).toBe(amount)
      }
    })

    it('answers many at once, each its own', async () => {
      const owners = Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? world.unseen : world.rich.owner))
      expect(await Promise.all(owners.map((owner) => read(owner)))).toEqual(
        owners.map((owner) => (owner === world.unseen ? 0n : world.rich.amount)),
      )
    })

    it('reads the decimals of a mint, and rejects where there is no such mint', async () => {
      expect(await readMint(world.mint)).toBe(world.decimals)
      expect(await readMint(world.noMint)).toBe('rejected')
    })

    it.each(namesOf(harness.faults))(
      'rejects, rather than reading zero, on this fault: %s',
      async (fault) => {
        await breakBy(fault)
        expect(await read(world.rich.owner)).toBe('rejected')
        world.heal()
        expect(await read(world.rich.owner)).toBe(world.rich.amount)
        expect(await read(world.unseen)).toBe(0n)
      },
    )

    it.each(namesOf(harness.faults.filter(({ mintsToo }) => mintsToo)))(
      'rejects a question after a mint on this fault: %s',
      async (fault) => {
        await breakBy(fault)
        expect(await readMint(world.mint)).toBe('rejected')
        world.heal()
        expect(await readMint(world.mint)).toBe(world.decimals)
      },
    )

    it('settles when the caller gives up, or else at its own deadline, and goes on afterwards', async () => {
      world.hang()
      const options = { signal: AbortSignal.timeout(20) }
      expect(await Promise.all([read(world.rich.owner, options), readMint(world.mint, options)])).toEqual([
        'rejected',
        'rejected',
      ])
      world.heal()
      expect(await read(world.rich.owner)).toBe(world.rich.amount)
      expect(await readMint(world.mint)).toBe(world.decimals)
    })

    it('lets a caller who gives up take nobody along', async () => {
      const options = { signal: AbortSignal.abort(new Error('gone')) }
      const [, other] = await Promise.all([read(world.rich.owner, options), read(world.rich.owner)])
      expect(other).toBe(world.rich.amount)
    })
  })
}

const namesOf = (faults: readonly BalanceFault[]) => faults.map(({ name }) => name)
