import type { Access, PrincipalKind } from './access.js'
import { type Decimal, parseDecimal } from './amount.js'
import { isOptions, undefinedOptions, unknownOptions } from './option-check.js'
import type { Policy } from './policy.js'
import { isWalletAddress } from './wallet-address.js'

/** How much of which token a wallet must hold. */
export interface BalanceRequirement {
  /** The mint's address. */
  readonly mint: string
  /** Inclusive, in whole tokens: a plain decimal string such as `50000` or `0.5`. */
  readonly minimum: string
  /** How the token is called in answers. */
  readonly symbol: string
}

/** What a stricter gate asks beyond the gate it is made from. */
export interface Requirements<A extends Access = Access> {
  /** The names of the methods that will do. */
  readonly methods?: readonly Exclude<PrincipalKind, 'anonymous'>[]
  /** The role the stored credential must have. */
  readonly role?: string
  /** Scopes that the credential must have, all of them. */
  readonly scopes?: readonly string[]
  /** The request must act for one wallet. */
  readonly wallet?: 'required'
  /** The request's wallet must hold this much. Implies `wallet: 'required'`. */
  readonly balance?: BalanceRequirement
  /** Asked last, after the policies of the gate this one is made from. */
  readonly policy?: Policy<A>
}

/** Requirements that promise a balance, and with it a wallet. */
export interface RequiresBalance {
  readonly balance: BalanceRequirement
}

/** Requirements that promise a wallet. */
export interface RequiresWallet {
  readonly wallet: 'required'
}

/** A balance requirement, read once. */
export interface ResolvedBalance {
  readonly mint: string
  readonly symbol: string
  readonly minimum: Decimal
}

/** All that a gate requires, its ancestors' requirements included. */
export interface ResolvedRequirements {
  /** Null: any method of the gate. */
  readonly methods: readonly string[] | null
  readonly role: string | null
  readonly scopes: readonly string[]
  readonly wallet: boolean
  readonly balances: readonly ResolvedBalance[]
  readonly policies: readonly Policy[]
}

const KNOWN = ['methods', 'role', 'scopes', 'wallet', 'balance', 'policy'] as const
// RFC 6749 §3.3: a scope token, which can stand in a challenge as it is.
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** What is known when requirements are read. */
export interface RequirementContext {
  readonly methodNames: readonly string[]
  readonly hasBalances: boolean
}

/**
 * Joins requirements to those of the gate they tighten. Conjunctive: nothing that was required stops being so.
 *
 * @returns The joint requirements and every problem found, each naming its option.
 */
export function joinRequirements(
  base: ResolvedRequirements,
  added: Requirements,
  context: RequirementContext,
): { readonly requirements: ResolvedRequirements; readonly problems: readonly string[] } {
  if (!isOptions(added))
    return { problems: ['with must be given requirements, at least {}'], requirements: base }
  const { methods, role, scopes = [], wallet, balance, policy } = added
  const problems = [
    ...unknownOptions('requirements', added, KNOWN),
    ...undefinedOptions('requirements', added, KNOWN),
    ...methodProblems(base, methods, context),
    ...roleProblems(base, role),
    ...scopeProblems(scopes),
    ...(wallet === undefined || wallet === 'required' ? [] : ["wallet must be 'required' or absent"]),
    ...(policy === undefined || typeof policy === 'function' ? [] : ['policy must be a function']),
    ...(balance === undefined ? [] : balanceProblems(balance, context)),
  ]
  const resolved = balance && resolveBalance(balance)
  return {
    problems,
    requirements: {
      methods: Array.isArray(methods)
        ? methods.filter((name) => base.methods?.includes(name) ?? true)
        : base.methods,
      role: role ?? base.role,
      scopes: [...new Set([...base.scopes, ...(Array.isArray(scopes) ? scopes : [])])],
      wallet: base.wallet || wallet === 'required' || balance !== undefined,
      balances: resolved ? [...base.balances, resolved] : base.balances,
      policies: policy ? [...base.policies, policy as Policy] : base.policies,
    },
  }
}

function methodProblems(
  base: ResolvedRequirements,
  methods: Requirements['methods'],
  { methodNames }: RequirementContext,
): string[] {
  if (methods === undefined) return []
  if (!Array.isArray(methods) || methods.length === 0) return ['methods must name at least one method']
  const unknown = methods.filter((name) => !methodNames.includes(name))
  if (unknown.length > 0) {
    return [`methods names ${unknown.join(', ')}, but this gate has ${methodNames.join(', ')}`]
  }
  const left = methods.filter((name) => base.methods?.includes(name) ?? true)
  return left.length > 0
    ? []
    : [`methods leaves none: the gate it tightens accepts ${base.methods?.join(', ')}`]
}

function roleProblems(base: ResolvedRequirements, role: unknown): string[] {
  if (role === undefined) return []
  if (typeof role !== 'string' || role === '') return ['role must be a non-empty string']
  return base.role === null || base.role === role
    ? []
    : [`role ${role} contradicts the role ${base.role} of the gate it tightens`]
}

function scopeProblems(scopes: unknown): string[] {
  const fine =
    Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string' && SCOPE.test(scope))
  return fine ? [] : ['scopes must be a list of scope tokens (RFC 6749 §3.3)']
}

function balanceProblems(balance: BalanceRequirement, { hasBalances }: RequirementContext): string[] {
  if (typeof balance !== 'object' || balance === null) return ['balance must be { mint, minimum, symbol }']
  const problems = unknownOptions('balance', balance, ['mint', 'minimum', 'symbol'])
  if (!hasBalances)
    problems.push('balance needs a gate with balances, for example solanaBalances({ rpcUrl })')
  if (typeof balance.mint !== 'string' || !isWalletAddress(balance.mint)) {
    problems.push('balance.mint must be the base58 address of a mint')
  }
  if (typeof balance.minimum !== 'string' || parseDecimal(balance.minimum) === undefined) {
    problems.push("balance.minimum must be a plain decimal string such as '50000'")
  }
  if (!isSymbol(balance.symbol)) problems.push('balance.symbol must be 1 to 32 printable characters')
  return problems
}

/** Whether a text can stand for a token in answers. */
export function isSymbol(symbol: unknown): symbol is string {
  return typeof symbol === 'string' && /^[\x21-\x7e]{1,32}$/.test(symbol)
}

function resolveBalance({ mint, minimum, symbol }: BalanceRequirement): ResolvedBalance | undefined {
  const decimal = typeof minimum === 'string' ? parseDecimal(minimum) : undefined
  return decimal && { mint, symbol, minimum: decimal }
}
