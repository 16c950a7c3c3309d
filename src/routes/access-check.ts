import type { Access } from '../access.js'
import { type Decimal, formatDecimal, formatUnits, parseDecimal } from '../amount.js'
import { meets } from '../balance-check.js'
import { Refused, refused } from '../decision.js'
import type { Gate } from '../gate.js'
import { GateError } from '../gate-error.js'
import { isOptions } from '../option-check.js'
import { INEXACT } from '../stages/balance.js'
import { isWalletAddress } from '../wallet-address.js'
import { inspectGate, type Wiring } from '../wiring.js'
import { readJsonObject } from './body.js'
import type { CheckOptions, Endpoint } from './endpoint.js'
import { guardedEndpoint } from './guarded-endpoint.js'

const MEMBERS = ['owner', 'mint', 'minimum']

/**
 * `POST /v1/access/check`: does the caller's wallet hold enough? The caller must be authenticated and name a wallet of
 * its own; the balance itself does not gate the answer, so that a poor caller reads `allowed: false`.
 *
 * @throws GateError `ERR_GATE_OPTIONS`
 */
export function accessCheck(gate: Gate, options: CheckOptions): Endpoint {
  if (!isOptions(options) || typeof options.balance !== 'function') {
    throw new GateError('ERR_GATE_OPTIONS', [
      'routes.check must be { balance: a gate with a balance requirement }',
    ])
  }
  const { balance } = options
  const { wiring } = inspectGate(gate)
  const asked = inspectGate(balance)
  const required = asked.requirements.balances.at(-1)
  const { balances } = wiring
  if (required === undefined || balances === undefined || asked.wiring !== wiring) {
    throw new GateError('ERR_GATE_OPTIONS', [
      'check.balance must be a gate with a balance requirement, made from the same gate as the routes',
    ])
  }
  const walletGate = gate.with({ wallet: 'required' })
  const defaults = { mint: required.mint, minimum: required.minimum }

  return guardedEndpoint(walletGate, 'POST', '/v1/access/check', async ({ access, request, body }) => {
    const members = await readJsonObject(request, body, MEMBERS, ['rpc_url'])
    if (members instanceof Refused) return members
    const question = readQuestion(members, access, wiring, defaults)
    if (question instanceof Refused) return question
    const { mint, owner, minimum } = question
    const found = await balances.read({ mint, owner, minimum, exact: true })
    return found instanceof Refused ? found : found.exact ? answer(found, minimum) : INEXACT
  })
}

interface Question {
  readonly owner: string
  readonly mint: string
  readonly minimum: Decimal
}

function readQuestion(
  members: Readonly<Record<string, unknown>>,
  { wallet }: Access,
  wiring: Wiring,
  defaults: Omit<Question, 'owner'>,
): Question | Refused {
  const { owner, mint = defaults.mint, minimum: stated, rpc_url: rpcUrl } = members
  if (rpcUrl !== undefined && rpcUrl !== null && rpcUrl !== '') {
    return invalid('rpc_url is not accepted: this service chooses its own endpoint')
  }
  if (typeof owner !== 'string' || !isWalletAddress(owner)) return invalid('owner must be a Solana address')
  if (owner !== wallet?.address) return refused('wallet_mismatch', {})
  if (typeof mint !== 'string' || !isNamed(mint, wiring))
    return invalid('mint must be one that this service checks')
  const minimum = stated === undefined ? defaults.minimum : readMinimum(stated)
  return minimum === undefined
    ? invalid('minimum must be a number or a decimal string, not negative')
    : { owner, mint, minimum }
}

function invalid(problem: string): Refused {
  return refused('body_invalid', { problem })
}

function isNamed(mint: string, { config, requiredBalances }: Wiring): boolean {
  return [...requiredBalances.values(), ...config.mints].some((named) => named.mint === mint)
}

// A JSON number is taken by its shortest decimal spelling; one that needs an exponent is not an amount.
function readMinimum(stated: unknown): Decimal | undefined {
  if (typeof stated === 'string') return parseDecimal(stated)
  return typeof stated === 'number' ? parseDecimal(String(stated)) : undefined
}

function answer(found: Parameters<typeof meets>[0], minimum: Decimal): object {
  const allowed = meets(found, minimum)
  const held = formatUnits(found.amount, found.decimals)
  const needed = formatDecimal(minimum)
  return {
    allowed,
    reason: allowed ? 'Sufficient balance' : `Insufficient balance. Required: ${needed}, Found: ${held}`,
    balance: Number(held),
    balance_exact: held,
    minimum_exact: needed,
  }
}
