import { Refused, refused } from '../decision.js'
import { digestOf } from '../digest.js'
import type { GateRequest } from '../request.js'
import type { Action } from '../spend/evaluate.js'
import { readMcc } from '../spend/mcc.js'
import { amountOf, assetOf, readMoney } from '../spend/money.js'
import type { Instrument } from '../spend/records.js'
import { isWalletAddress } from '../wallet-address.js'
import { readJsonObject } from './body.js'
import type { IncomingBody } from './endpoint.js'

/** A spend that somebody asks about. */
export interface AskedSpend {
  /** What its mandate may be bound to, the likeliest first. */
  readonly instruments: readonly Instrument[]
  readonly action: Action
  /** SHA-256 of what was read, in lower-case hex. */
  readonly requestDigest: string
}

const MEMBERS = [
  'instrument_id',
  'merchant',
  'merchant_name',
  'mcc',
  'amount',
  'currency',
  'mint',
  'issuing_platform',
]
const MAX_TEXT_LENGTH = 200
// A store or a log may cut a text at such a character, or refuse it.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u

/**
 * Reads a spend in either of its two shapes: `merchant` and a number for `mcc`, or `merchant_name`, a text and
 * `issuing_platform`. A member that is null counts as left out.
 *
 * A JSON number is its value, since a host's own parser leaves no more of it: 1.2e3 is 1200. A text is digits alone.
 *
 * The digest is over what was read, not over its bytes: the order of members, `1200` and `"1200"`, `742` and `"0742"`,
 * and the two names of the merchant make no difference.
 */
export async function readAskedSpend(
  request: GateRequest,
  body: IncomingBody,
): Promise<AskedSpend | Refused> {
  const read = await readJsonObject(request, body, MEMBERS)
  if (read instanceof Refused) return read
  const members = Object.fromEntries(Object.entries(read).filter(([, value]) => value !== null))
  const { instrument_id: id, issuing_platform: platform = null } = members
  if (!isText(id)) return notText('instrument_id')
  const merchant = readMerchant(members)
  if (merchant instanceof Refused) return merchant
  const mcc = members.mcc === undefined ? null : readMcc(members.mcc)
  if (mcc === undefined) return invalid('mcc must be a merchant category code of at most four digits')
  const money = readMoney(members)
  if ('problem' in money) return invalid(`${money.path} ${money.problem}`)
  if (platform !== null && !isText(platform)) return notText('issuing_platform')
  const canonical = [id, merchant, mcc, String(amountOf(money)), assetOf(money), platform]
  return {
    instruments: instrumentsOf(id),
    action: { money, merchant, mcc },
    requestDigest: digestOf(JSON.stringify(canonical)),
  }
}

function readMerchant({
  merchant,
  merchant_name: name,
}: Readonly<Record<string, unknown>>): string | null | Refused {
  if (merchant !== undefined && !isText(merchant)) return notText('merchant')
  if (name !== undefined && !isText(name)) return notText('merchant_name')
  if (merchant !== undefined && name !== undefined && merchant !== name) {
    return invalid('merchant and merchant_name must not name two merchants')
  }
  return merchant ?? name ?? null
}

// Cards and tokens are named in one space, so that the last finds both. Whose they are nothing proves, so a wallet or a key
// of the same name comes first.
function instrumentsOf(id: string): readonly Instrument[] {
  const wallet: readonly Instrument[] = isWalletAddress(id) ? [{ type: 'wallet', id }] : []
  return [...wallet, { type: 'api_key', id }, { type: 'card', id }]
}

function isText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= MAX_TEXT_LENGTH &&
    value.trim() !== '' &&
    !UNPRINTABLE.test(value)
  )
}

function notText(name: string): Refused {
  return invalid(
    `${name} must be a text of 1 to ${MAX_TEXT_LENGTH} characters, none of them a control character`,
  )
}

function invalid(problem: string): Refused {
  return refused('body_invalid', { problem })
}
