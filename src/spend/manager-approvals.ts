import type { Clock } from '../ports/clock.js'
import type { SpendStore } from '../ports/spend-store.js'
import { type Unfit, unfit } from './manager-fields.js'
import { changeRecord, createRecordReader, type RecordReader, type Work } from './manager-keeper.js'
import { type Approval, approvals, type RecordCodec } from './records.js'

/** Who has answered when somebody was asked to approve. */
export interface Approver {
  readonly accountId: string
  /** The credential that was presented; null where the host's own code has answered. */
  readonly credentialId: string | null
}

/** An approval, with who has answered. */
export interface AnsweredApproval extends Approval {
  /** Absent while nobody has. */
  readonly answeredBy?: Approver
  /** Wall clock, milliseconds. */
  readonly answeredAtMs?: number
}

/** What somebody may answer. */
export type ApprovalAnswer = 'approved' | 'rejected'

/** Approvals of an account: they are made by spends, and answered here. */
export interface ApprovalKeeper extends RecordReader<AnsweredApproval> {
  /**
   * Answers one that waits. The same answer again changes nothing; another answer than the first is refused, and so is
   * any that comes when its time is over.
   */
  answer(
    accountId: string,
    id: string,
    answer: ApprovalAnswer,
    by: Approver,
    work: Work,
  ): Promise<AnsweredApproval | Unfit | undefined>
}

const codec: RecordCodec<AnsweredApproval> = approvals

/** Keeps approvals. */
export function createApprovalKeeper(store: SpendStore, clock: Clock): ApprovalKeeper {
  return {
    ...createRecordReader(store, codec),
    answer: (accountId, id, answer, by, work) =>
      changeRecord(store, codec, accountId, id, work, (current) => {
        if (current.status === answer) return current
        if (current.status !== 'pending') return unfit('status', `is ${current.status} already`)
        const nowMs = clock.wallMs()
        if (current.expiresAtMs <= nowMs) return unfit('status', 'is expired: ask for the spend anew')
        const { accountId: byAccount, credentialId } = by
        const answeredBy = { accountId: byAccount, credentialId }
        return { ...current, status: answer, answeredBy, answeredAtMs: nowMs }
      }),
  }
}
