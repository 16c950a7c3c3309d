import type { PrincipalKind } from '../access.js'
import type { Dependency } from '../decision.js'

/** The stages that can take time. */
export type Stage = 'authenticate' | 'balance' | 'policy'

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
  /** Why nothing could be known: URLs and credentials are taken out. */
  readonly outage?: { readonly dependency: Dependency | 'policy'; readonly cause: string }
}
