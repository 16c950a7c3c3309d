/**
 * Guards an existing Node backend against AI agents, robots and scripts: who they are, whose data they may touch, what
 * their wallet holds, and what the host's own policies say.
 *
 * @packageDocumentation
 */
export type { Access, Principal, PrincipalKind, WalletScope, WithBalance, WithWallet } from './access.js'
export { type Decimal, formatUnits, parseDecimal } from './amount.js'
export type { BalanceCacheOptions } from './balances/cached.js'
export type {
  ApiKeyCredential,
  Credential,
  CredentialLookup,
  CredentialRecord,
  SharedSecretCredential,
} from './credentials/credential.js'
export type { CredentialDetails } from './credentials/details.js'
export type { ApiKeyEntry, CredentialEntry, EntryRecord, SharedSecretEntry } from './credentials/entry.js'
export type {
  ApiKeyGrant,
  CredentialGrant,
  ImportedKeyGrant,
  IssuedApiKey,
  IssuedSharedSecret,
} from './credentials/issue.js'
export {
  type CredentialFilter,
  type CredentialManager,
  type ManagedStore,
  manageCredentials,
  type RotationOptions,
} from './credentials/manager.js'
export type { RevocationTarget } from './credentials/revocation.js'
export type { Allow, Decision, Dependency, Refusal, RefusalCode, RefusalReason } from './decision.js'
export type { MountOptions } from './exemptions.js'
export { createGate, type Gate } from './gate.js'
export { GateError, type GateErrorCode } from './gate-error.js'
export { type ApiKeyOptions, apiKey } from './methods/api-key.js'
export { type JwksOptions, type JwksPrincipal, jwks } from './methods/jwks.js'
export type { AuthenticationMethod } from './methods/method.js'
export { type SharedSecretJwtOptions, sharedSecretJwt } from './methods/shared-secret-jwt.js'
export { type WalletSessionOptions, walletSession } from './methods/wallet-session.js'
export type { GateOptions, NamedMint, SpendOptions } from './options.js'
export {
  type Denial,
  deny,
  type Policy,
  type PolicyInput,
  type PolicyRequest,
  type Verdict,
} from './policy.js'
export type { Balance, BalanceQuery, BalanceSource, MintInfo } from './ports/balance-source.js'
export type { BalanceKey, BalanceStore, KeptBalance } from './ports/balance-store.js'
export type { CallOptions } from './ports/call-options.js'
export type { Clock } from './ports/clock.js'
export type { LimitKind, Limits, LimitVerdict } from './ports/limits.js'
export type {
  DecisionPage,
  DecisionQuery,
  KeptDecision,
  LedgerEvent,
  NewDecision,
  NewReservation,
  Reservation,
  ReservationState,
  Reserved,
  Settled,
  Settlement,
  Span,
  SpendRecord,
  SpendRecordKind,
  SpendRecordPage,
  SpendRecordQuery,
  SpendStore,
  Take,
} from './ports/spend-store.js'
export type {
  Added,
  Change,
  ChangePage,
  CredentialPage,
  CredentialQuery,
  FindCredential,
  Store,
  UsageBatch,
  UsageCount,
  UsageQuery,
  UsageSum,
} from './ports/store.js'
export { type GateRequest, type NodeMessage, toGateRequest } from './request.js'
export type { BalanceRequirement, Requirements, RequiresBalance, RequiresWallet } from './requirements.js'
export { type GateResponse, toResponse } from './response.js'
export type { CheckOptions, KeyRoutesOptions, RouteGroups, SpendRoutesOptions } from './routes/endpoint.js'
export type { SpendBody, SpendInput, SpendIntent, SpendIntention } from './spend/guard-intent.js'
export type { Money } from './spend/money.js'
export { type Spend, SpendError, type SpendErrorCode } from './spend/spend.js'
export type { DecisionEvent, SpendEvent, Stage } from './telemetry/decision-event.js'
