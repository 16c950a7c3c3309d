import type { Access } from './access.js'

/** Which port could not answer. */
export type Dependency = 'store' | 'balances' | 'jwks' | 'limits' | 'gate'

/** Which form of credential was presented, as far as its form tells. */
export type Presented = 'apiKey' | 'token'

/** What each refusal knows beside its code. Codes are wire contract: never renamed, never reused. */
export interface RefusalContexts {
  credential_missing: { readonly accepts: Presented }
  credential_invalid: {
    readonly presented: Presented
    /** Why, for the host's events alone: callers are told one thing for all of them. */
    readonly hint?: string
  }
  credential_expired: { readonly presented: Presented }
  credential_not_yet_valid: object
  credential_lifetime: object
  credential_replayed: object
  request_ambiguous: { readonly header: string }
  wallet_missing: { readonly header: string }
  wallet_malformed: { readonly header: string }
  wallet_mismatch: object
  wallet_required: object
  method_mismatch: { readonly methods: readonly string[] }
  role_mismatch: { readonly role: string }
  scope_insufficient: { readonly scopes: readonly string[] }
  balance_insufficient: {
    readonly mint: string
    readonly symbol: string
    readonly wallet: string
    /** Decimal strings. */
    readonly required: string
    readonly balance: string
    readonly shortfall: string
  }
  policy_denied: { readonly policyCode: string; readonly policyDetail: string | undefined }
  policy_unavailable: { readonly cause: unknown }
  dependency_unavailable: {
    readonly dependency: Dependency
    readonly cause: unknown
    /** True where something may have been done all the same, so that the same request must not be sent again blindly. */
    readonly maybeDone?: true
  }
  rate_limited: { readonly retryAfterMs: number }
  not_found: object
  challenge_invalid: object
  signature_invalid: object
  body_invalid: { readonly problem: string }
  body_too_large: { readonly maxBytes: number }
  media_type_unsupported: object
  spend_denied: {
    /** Why, in the words of `POST /v1/authorize`: `BUDGET_EXCEEDED`. */
    readonly reasonCode: string
    /** The decision in the log; null where none is kept, as of an anonymous caller. */
    readonly spendDecisionId: string | null
  }
  approval_required: {
    readonly approvalId: string
    /** Wall clock, milliseconds: what is approved later, or used later, does not count. */
    readonly approveByMs: number
    readonly spendDecisionId: string
  }
  idempotency_in_progress: object
  idempotency_conflict: object
  already_committed: { readonly reservationId: string }
  reservation_expired: { readonly reservationId: string }
  reservation_released: { readonly reservationId: string }
  reservation_exceeded: { readonly reserved: string }
  instrument_bound: object
}

/** The stable code of a refusal. */
export type RefusalCode = keyof RefusalContexts

/** Why a request is refused: a code and what belongs to it. */
export type RefusalReason = {
  readonly [Code in RefusalCode]: { readonly code: Code } & RefusalContexts[Code]
}[RefusalCode]

/** A refused request. {@link toResponse} renders it; `cause` is for the host's eyes and is never rendered. */
export type Refusal = RefusalReason & {
  readonly type: 'refuse'
  readonly decisionId: string
  /** The protection space named in the challenge (RFC 9110 §11.5). */
  readonly realm: string
}

/** An allowed request. */
export interface Allow<A extends Access = Access> {
  readonly type: 'allow'
  readonly decisionId: string
  readonly access: A
}

/** What a gate answers. */
export type Decision<A extends Access = Access> = Allow<A> | Refusal

/** What a stage answers instead of its value where the request ends there. */
export class Refused {
  readonly reason: RefusalReason
  constructor(reason: RefusalReason) {
    this.reason = reason
  }
}

/** Ends a request with `code`. */
export function refused<Code extends RefusalCode>(code: Code, context: RefusalContexts[Code]): Refused {
  return new Refused({ code, ...context } as unknown as RefusalReason)
}
