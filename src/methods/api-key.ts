import { isPrefix, keyShape, PREFIX_RULE } from '../credentials/api-key-format.js'
import type { Credential } from '../credentials/credential.js'
import { standingOf, whyVoid } from '../credentials/standing.js'
import { isPending } from '../deadline.js'
import { Refused, refused } from '../decision.js'
import { isOptions, unknownOptions } from '../option-check.js'
import { identityOf } from './identity.js'
import type { OpaqueMethod, Verification, VerifyContext } from './method.js'

/** How API keys look and what is asked beside them. */
export interface ApiKeyOptions {
  /** What stands before the underscore of every key. Letters, digits and inner underscores. Default `sk`. */
  readonly prefix?: string
  /**
   * Whether a key with bound wallets must name one of them in the wallet header. Default `required`. With `optional` a
   * key of one wallet acts for that wallet where the header is absent.
   */
  readonly walletHeader?: 'required' | 'optional'
}

const prefixes = new WeakMap<object, string>()

/** The prefix of an `apiKey`; `undefined` where it is no such method. */
export function prefixOf(method: OpaqueMethod): string | undefined {
  return prefixes.get(method)
}

const UNKNOWN = refused('credential_invalid', {
  presented: 'apiKey',
  hint: 'no stored credential has this digest',
})
const EXPIRED = refused('credential_expired', { presented: 'apiKey' })

/**
 * API keys: `<prefix>_` and 43 characters of `A-Za-z0-9_-` (256 bits), found by the SHA-256 digest of the whole key.
 *
 * @example
 * createGate({ store, methods: [apiKey({ prefix: 'acto' })] })
 */
export function apiKey(options: ApiKeyOptions = {}): OpaqueMethod {
  const problems = problemsOf(options)
  const { prefix = 'sk', walletHeader = 'required' } = options ?? {}
  const start = `${prefix}_`
  const length = start.length + 43
  const shape = keyShape(problems.length === 0 ? prefix : '')

  function judge(found: Credential | undefined | Refused, context: VerifyContext): Verification {
    if (found instanceof Refused) return found
    if (found === undefined) return UNKNOWN
    const standing = standingOf(found, context.environment, context.nowMs)
    if (standing === 'expired') return EXPIRED
    if (standing === 'void') {
      return refused('credential_invalid', { presented: 'apiKey', hint: whyVoid(found, context.environment) })
    }
    const identity = identityOf('apiKey', found, walletHeader)
    return {
      identity,
      fromMs: Number.NEGATIVE_INFINITY,
      untilMs: found.expiresAtMs ?? Number.POSITIVE_INFINITY,
    }
  }

  const method: OpaqueMethod = {
    name: 'apiKey',
    presents: 'opaque',
    form: `${start}<43 characters>`,
    needsClaim: false,
    problems,
    recognizes: (token) => token.length === length && token.startsWith(start),
    isWellFormed: (token) => shape.test(token),
    verify(_token, context) {
      const found = context.find({ kind: 'apiKey', digest: context.digest })
      return isPending(found) ? found.then((known) => judge(known, context)) : judge(found, context)
    },
  }
  prefixes.set(method, prefix)
  return method
}

function problemsOf(options: ApiKeyOptions): string[] {
  if (!isOptions(options)) return ['apiKey must be given options, at least {}']
  const problems = unknownOptions('apiKey', options, ['prefix', 'walletHeader'])
  const { prefix, walletHeader } = options
  if (prefix !== undefined && !isPrefix(prefix)) problems.push(`apiKey.prefix must be ${PREFIX_RULE}`)
  if (walletHeader !== undefined && walletHeader !== 'required' && walletHeader !== 'optional') {
    problems.push("apiKey.walletHeader must be 'required' or 'optional'")
  }
  return problems
}
