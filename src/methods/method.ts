import type { Principal } from '../access.js'
import type { Credential, CredentialLookup } from '../credentials/credential.js'
import type { SessionMark } from '../credentials/ended-sessions.js'
import type { Dependency, Refused } from '../decision.js'
import type { CallOptions } from '../ports/call-options.js'
import type { CompactJwt } from './compact-jwt.js'

/** Who a credential proved to be, and what its method asks of the wallet header. */
export interface Identity {
  /** Frozen. */
  readonly principal: Principal
  /** Whether requests of a credential with bound wallets must name one of them. */
  readonly walletHeader: 'required' | 'optional'
}

/** What a method has proven, and between which moments of the wall clock that is so. */
export interface Proof {
  readonly identity: Identity
  /** From then on, in milliseconds since the epoch. */
  readonly fromMs: number
  /** Before then, in milliseconds since the epoch. */
  readonly untilMs: number
}

/** Who it is, or why not. A port that cannot know is a refusal too: `dependency_unavailable`. */
export type Verification = Proof | Refused

/** The world, as far as a method may ask it. What it answers is what a verdict rests on: see `verified-cache.ts`. */
export interface VerifyContext {
  /** SHA-256 of the whole credential, in lower-case hex. */
  readonly digest: string
  /** Wall clock, milliseconds since the epoch. */
  readonly nowMs: number
  /** The environment this gate is for; null where it names none. */
  readonly environment: string | null
  find(lookup: CredentialLookup): Credential | undefined | Refused | Promise<Credential | undefined | Refused>
  /** Whether a session was ended before its time. Never so where there is no store to tell. */
  hasEnded(session: SessionMark): boolean | Refused | Promise<boolean | Refused>
  /** See `Store.claim`. */
  claim(key: string, expiresAtMs: number): boolean | Refused | Promise<boolean | Refused>
  /** Calls out under the gate's deadline; a failure comes back as an outage. */
  attempt<T>(
    dependency: Dependency,
    call: (options: CallOptions) => T | Promise<T>,
  ): T | Refused | Promise<T | Refused>
}

interface MethodCommon {
  readonly name: 'apiKey' | 'sharedSecretJwt' | 'walletSession' | 'jwks'
  /** The form of credential that is this method's alone. Two methods of one form cannot share a gate. */
  readonly form: string
  /** What is wrong with the method's options. The gate throws them together with its own. */
  readonly problems: readonly string[]
  /** Whether it relies on `Store.claim`. */
  readonly needsClaim: boolean
}

/** A method for tokens without structure. */
export interface OpaqueMethod extends MethodCommon {
  readonly presents: 'opaque'
  /** Whether a text is meant to be of this method's form: no other is asked then. Pure, and as cheap as can be. */
  recognizes(text: string): boolean
  /** Whether a token that it recognizes has that form to its last character. Pure. */
  isWellFormed(token: string): boolean
  verify(token: string, context: VerifyContext): Verification | Promise<Verification>
}

/** A method for compact JWTs, whose outer shape is already checked. */
export interface JwtMethod extends MethodCommon {
  readonly presents: 'jwt'
  recognizes(jwt: CompactJwt): boolean
  verify(jwt: CompactJwt, context: VerifyContext): Verification | Promise<Verification>
}

/** A way to prove who you are. After one method recognised a token, no other is tried. */
export type AuthenticationMethod = OpaqueMethod | JwtMethod
