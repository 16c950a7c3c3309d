import type { Principal } from '../access.js'
import { type Refused, refused } from '../decision.js'
import type { ResolvedRequirements } from '../requirements.js'

/** Is this the kind of caller the gate is for? Method, then role, then scopes. Pure. */
export function entitle(principal: Principal, requirements: ResolvedRequirements): Refused | undefined {
  const { methods, role, scopes } = requirements
  if (methods !== null && !methods.includes(principal.kind)) return refused('method_mismatch', { methods })
  if (role !== null && principal.role !== role) return refused('role_mismatch', { role })
  for (const scope of scopes) {
    if (!principal.scopes.includes(scope)) return refused('scope_insufficient', { scopes })
  }
  return undefined
}
