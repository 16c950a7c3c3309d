import { randomUUID } from 'node:crypto'
import { Refused } from '../decision.js'
import { digestOf } from '../digest.js'
import type { Clock } from '../ports/clock.js'
import type { SpendStore, Take } from '../ports/spend-store.js'
import { attempt } from '../stages/attempt.js'
import type { SpendAction } from './decision-view.js'
import { type Approval, approvals, type Instrument, type Mandate } from './records.js'

/** Where approvals are asked for and found. */
export interface ApprovalDesk {
  /** The approval of exactly this spend that stands: waiting, given and not used, or rejected. */
  find(subject: ApprovalSubject): Promise<Approval | undefined | Refused>
  /** Asks for one. At most one waits for one and the same spend. */
  open(subject: ApprovalSubject, ttlMs: number): Promise<Approval | Refused>
}

/** What is to be approved. */
export interface ApprovalSubject {
  readonly mandate: Mandate
  readonly instrument: Instrument
  readonly action: SpendAction
  /** Method and route of the host's that the spend is for; null where a processor asks. */
  readonly route: string | null
}

const MAX_TRIES = 5

/** A desk over a store. */
export function createApprovalDesk(store: SpendStore, clock: Clock, timeoutMs: number): ApprovalDesk {
  async function standingOne(subject: ApprovalSubject): Promise<Approval | undefined | Refused> {
    const lookup = `${subject.mandate.id}:${digestOfSubject(subject)}`
    const record = await attempt('store', timeoutMs, (call) =>
      store.findSpendRecord('approval', lookup, call),
    )
    return record === undefined || record instanceof Refused ? record : approvals.read(record)
  }

  /** Whether it can still be given, or used; whoever was told no is not asked again until its time is over. */
  async function isOpen(approval: Approval): Promise<boolean | Refused> {
    if (approval.expiresAtMs <= clock.wallMs()) return false
    if (approval.status !== 'approved') return true
    const sums = await attempt('store', timeoutMs, (call) => store.readSums([takeOfApproval(approval)], call))
    return sums instanceof Refused ? sums : sums[0] === 0n
  }

  async function find(subject: ApprovalSubject) {
    const approval = await standingOne(subject)
    if (approval === undefined || approval instanceof Refused) return approval
    const open = await isOpen(approval)
    if (open instanceof Refused) return open
    return open ? approval : undefined
  }

  async function openOnce(approval: Approval, over: Approval | undefined): Promise<boolean | Refused> {
    return attempt('store', timeoutMs, async (call) => {
      if (over !== undefined) {
        const aside = { ...over, actionDigest: null, version: over.version + 1 }
        if ((await store.changeSpendRecord(approvals.write(aside), call)) !== 'changed') return false
      }
      return (await store.addSpendRecord(approvals.write(approval), call)) === 'added'
    })
  }

  return {
    find,
    async open(subject, ttlMs) {
      const { mandate, instrument, action, route } = subject
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const found = await find(subject)
        if (found !== undefined) return found
        const over = await standingOne(subject)
        if (over instanceof Refused) return over
        const nowMs = clock.wallMs()
        const approval: Approval = {
          id: `apr_${randomUUID()}`,
          accountId: mandate.accountId,
          mandateId: mandate.id,
          createdAtMs: nowMs,
          version: 1,
          status: 'pending',
          actionDigest: digestOfSubject(subject),
          action: { ...action, amount: String(action.amount), instrument, route },
          expiresAtMs: nowMs + ttlMs,
        }
        const isOpened = await openOnce(approval, over)
        if (isOpened instanceof Refused) return isOpened
        if (isOpened) return approval
      }
      return attempt('store', timeoutMs, () => {
        throw new Error('an approval is being asked for by many at once')
      })
    },
  }
}

/** The single use of an approval: taken with everything else, and never given back. */
export function takeOfApproval({ id }: Approval): Take {
  const key = `approval:${id}`
  return { key, atMs: 0, fromMs: 0, toMs: 0, keepFromMs: 0, measures: 'use', limit: 1n }
}

function digestOfSubject({ instrument, action, route }: ApprovalSubject): string {
  const { amount, asset, merchant, mcc } = action
  const { type, id } = instrument
  return digestOf(JSON.stringify([type, id, String(amount), asset, merchant, mcc, route]))
}
