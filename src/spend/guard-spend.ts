import type { SpendDecision } from './decision-view.js'
import { amountOf, type Money } from './money.js'
import type { Settling } from './settling.js'
import { type Spend, SpendError } from './spend.js'

/** The spend of a request for which something is held. */
export function createHeldSpend(
  decision: SpendDecision,
  money: Money,
  reservationId: string,
  settling: Settling,
): Spend {
  return spendOf(decision, money, reservationId, (amount) =>
    settling.end(amount === null ? { as: 'release' } : { as: 'commit', amount }),
  )
}

/** The spend of a request for which nothing is held: however it ends, nothing is counted. */
export function createIdleSpend(decision: SpendDecision, money: Money): Spend {
  return spendOf(decision, money, null, async () => undefined)
}

/** @param end - Commits so much of it, or releases it where that is null. */
function spendOf(
  decision: SpendDecision,
  money: Money,
  reservationId: string | null,
  end: (amount: bigint | null) => Promise<void>,
): Spend {
  const reserved = amountOf(money)
  return Object.freeze({
    reservationId,
    decisionId: decision.id,
    // Without a mandate everything is declined, so that nothing comes here.
    mode: decision.mode ?? 'enforce',
    money,
    commit(amount: bigint = reserved): Promise<void> {
      if (typeof amount === 'bigint' && amount >= 0n && amount <= reserved) return end(amount)
      return quietly(
        new SpendError(
          'ERR_SPEND_AMOUNT',
          `what is committed must be a bigint from 0n to ${reserved}n, which is what is reserved${hintFor(amount)}`,
          reservationId,
        ),
      )
    },
    release: (): Promise<void> => end(null),
  })
}

// Only types keep a number out.
function hintFor(amount: unknown): string {
  return typeof amount === 'number' && Number.isSafeInteger(amount) ? `: ${amount}n, not ${amount}` : ''
}

// A handler that does not wait for the answer must not end the process.
function quietly(error: SpendError): Promise<never> {
  const rejected = Promise.reject(error)
  rejected.catch(() => undefined)
  return rejected
}
