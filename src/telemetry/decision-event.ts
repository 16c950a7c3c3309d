import type { PrincipalKind } from '../access.js'
import type { Dependency } from '../decision.js'

/** The stages that can take time. */
export type Stage = 'authenticate' | 'balance' | 'policy'

/** What was decided of a spend. */
export interface SpendEvent {
  readonly purpose: 'authorize' | 'guard' | 'intent'
  /** Null where no mandate was found. */
  readonly mode: 'observe' | 'enforce' | null
  /** What the policy says, whatever the mode. */
  readonly evaluated: 'APPROVE' | 'DECLINE'
  readonly reasonCode: string
  readonly agentId: string | null
  readonly mandateId: string | null
  /** A digest of the policy as it was then. */
  readonly policyVersion: string | null
  readonly reservationId: string | null
  /** SHA-256 of what was asked, in lower-case hex. */
  readonly requestDigest: string
  readonly checks: readonly { readonly check: string; readonly result: 'PASS' | 'FAIL' }[]
  /** In minor units of a currency, or in base units of a mint. */
  readonly amount: string
  /** A currency, or `mint:` and the address of a mint. */
  readonly asset: string
  /** Whether something could not be known, and a mandate that only observes went on without. */
  readonly degraded: boolean
}

/** One decision of a gate, allowed or not. Holds nothing secret. */
export interface DecisionEvent {
  readonly decisionId: string
  readonly outcome: 'allow' | 'refuse'
  /** `allowed`, the refusal's code, or the policy's own code. */
  readonly code: string
  /** Wall clock, milliseconds since the epoch. */
  readonly atMs: number
  readonly method: string
  /** The path of the request target, without its query. */
  readonly path: string
  /** Who it was, as far as it was proven. */
  readonly principal?: {
    readonly kind: PrincipalKind
    readonly accountId: string
    readonly credentialId: string
    readonly role: string | null
  }
  readonly wallet?: string
  /** The whole decision, in milliseconds. */
  readonly durationMs: number
  /** What each stage that was reached took, in milliseconds. */
  readonly stagesMs: Readonly<Partial<Record<Stage, number>>>
  /** How the balance was come by, where one was read. */
  readonly balance?: 'read' | 'cached' | 'stale'
  /** Why a credential is invalid, which callers are not told. */
  readonly hint?: string
  /** What was decided of a spend, where it is that. */
  readonly spend?: SpendEvent
  /** Why nothing could be known: URLs and credentials are taken out. */
  readonly outage?: { readonly dependency: Dependency | 'policy'; readonly cause: string }
}
