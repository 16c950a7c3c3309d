import type { Gate } from '../gate.js'
import { authorizations } from './authorizations.js'
import { authorize } from './authorize.js'
import { decisions } from './decisions.js'
import type { Endpoint } from './endpoint.js'
import { validateIntent } from './intents.js'
import { managementEndpoints } from './management.js'
import { simulateEndpoints } from './simulate.js'

/**
 * What stands behind the endpoints of spending.
 *
 * @param enterprises - Lets in who manages.
 * @param processors - Lets in who asks for authorizations.
 */
export function spendEndpoints(enterprises: Gate, processors: Gate): readonly Endpoint[] {
  return [
    authorize(processors),
    ...authorizations(processors),
    validateIntent(enterprises),
    ...decisions(enterprises),
    ...managementEndpoints(enterprises),
    ...simulateEndpoints(enterprises),
  ]
}
