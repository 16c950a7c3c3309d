import { Refused, refused } from '../decision.js'
import type { Gate } from '../gate.js'
import type { Reservation } from '../ports/spend-store.js'
import { AMOUNT_PROBLEM, readAmount } from '../spend/money.js'
import { prefixOf } from '../spend/reservation-id.js'
import type { Ending } from '../spend/settler.js'
import { spendingOf } from '../spend/spending.js'
import { inspectGate } from '../wiring.js'
import { createAuthorizationReader } from './authorizations-reader.js'
import { authorizationStateOf, settledViewOf } from './authorizations-view.js'
import { readOptionalJsonObject } from './body.js'
import type { Endpoint } from './endpoint.js'
import { type Admitted, guardedEndpoint } from './guarded-endpoint.js'

const PATH = '/v1/authorizations/:authorization_id'
const ID = new RegExp(`^${prefixOf('authorize')}[A-Za-z0-9_-]{1,64}$`)
const NOT_FOUND = refused('not_found', {})
const NO_AMOUNT = refused('body_invalid', { problem: `amount ${AMOUNT_PROBLEM}` })

/**
 * `/v1/authorizations/:authorization_id`: the processor that has asked for an authorization reads, captures or voids it.
 * Another's does not exist, and what a guarded route holds is not captured by hand. To capture or to void twice in the
 * same way is to do it once. What a mandate in `observe` let through against its policy holds nothing (`held: false`):
 * to capture or to void it is answered, and changes nothing.
 *
 * @param processors - Lets in who may ask.
 * @throws GateError `ERR_GATE_OPTIONS` where the gate's store keeps no spending.
 */
export function authorizations(processors: Gate): readonly Endpoint[] {
  const { wiring } = inspectGate(processors)
  const { settler } = spendingOf(wiring)
  const read = createAuthorizationReader(wiring)

  async function settle({ access, params }: Admitted, ending: Ending): Promise<object | Refused> {
    const id = params.authorization_id ?? ''
    if (!ID.test(id)) return NOT_FOUND
    const settled = await settler.settle(access.principal.accountId, id, ending)
    if (settled instanceof Refused) return settled
    return isExceeded(settled, ending)
      ? refused('reservation_exceeded', { reserved: String(settled.amount) })
      : settledViewOf(settled, ending)
  }

  async function capture(admitted: Admitted): Promise<object | Refused> {
    const members = await readOptionalJsonObject(admitted.request, admitted.body, ['amount'])
    if (members instanceof Refused) return members
    if (members.amount === undefined) return settle(admitted, { as: 'commit' })
    const amount = readAmount(members.amount)
    return amount === undefined ? NO_AMOUNT : settle(admitted, { as: 'commit', amount })
  }

  async function cancel(admitted: Admitted): Promise<object | Refused> {
    const members = await readOptionalJsonObject(admitted.request, admitted.body, [])
    return members instanceof Refused ? members : settle(admitted, { as: 'release' })
  }

  return [
    guardedEndpoint(processors, 'GET', PATH, async ({ access, params }) => {
      const id = params.authorization_id ?? ''
      const found = ID.test(id) ? await read(access.principal.accountId, id) : NOT_FOUND
      return found instanceof Refused ? found : authorizationStateOf(found)
    }),
    guardedEndpoint(processors, 'POST', `${PATH}/capture`, capture),
    guardedEndpoint(processors, 'POST', `${PATH}/void`, cancel),
  ]
}

// Where nothing is held nothing else stops it, and it is as wrong as where something is.
function isExceeded({ state, amount: reserved }: Reservation, { amount = 0n }: Ending): boolean {
  return state === 'declined' && amount > reserved
}
