import { deny, type Gate } from 'sallyport'
import type { RawRequest } from '../../support/http.js'
import { apiKeySituations, tokenSituations } from './wire-credentials.js'
import { entitlementSituations, outageSituations, walletSituations } from './wire-entitlements.js'
import { type Headers, SECRET_CAUSE, type World } from './world.js'

/** The gates behind the paths that the cases ask for. */
export function wireGates({ gate, members }: World): Record<string, Gate> {
  return {
    '/any': gate,
    // Where tokens are used up before they are refused.
    '/once': gate,
    '/members': members,
    '/tokens': gate.with({ methods: ['sharedSecretJwt', 'walletSession'] }),
    '/wallet': gate.with({ wallet: 'required' }),
    '/enterprises': gate.with({ role: 'enterprise' }),
    '/refunds': gate.with({ scopes: ['refunds', 'proofs:read'] }),
    '/denied': gate.with({ policy: () => false }),
    '/denied-why': gate.with({ policy: () => deny('refunds_not_allowed', 'Refunds close at 18:00 (閉店)') }),
    '/policy-throws': gate.with({
      policy: () => {
        throw new Error(SECRET_CAUSE)
      },
    }),
    '/policy-late': gate.with({ policy: () => new Promise(() => {}) }),
  }
}

export interface WireCase {
  readonly situation: string
  /** Made anew for every server, so that a token may be used once on each. */
  request(): Promise<Pick<RawRequest, 'target' | 'headers'>>
  /** Sent this often; the last answer counts. */
  readonly times?: number
  /** The chain cannot be read. */
  readonly outage?: true
  readonly status: number
  readonly body: Record<string, unknown>
  readonly challenge?: string
}

export const CHALLENGE = 'Bearer realm="api"'
export const INVALID_TOKEN = `${CHALLENGE}, error="invalid_token"`

/** A case, and how its request comes about. */
export type Situation = Omit<WireCase, 'request'> & {
  readonly target?: string
  readonly headers: () => Headers | Promise<Headers>
}

export async function wireCases(world: World): Promise<WireCase[]> {
  const situations = [
    ...(await apiKeySituations(world)),
    ...(await tokenSituations(world)),
    ...(await walletSituations(world)),
    ...entitlementSituations(world),
    ...(await outageSituations(world)),
  ]
  return situations.map(({ target = '/any', headers, ...wireCase }) => ({
    ...wireCase,
    request: async () => ({ target, headers: await headers() }),
  }))
}
