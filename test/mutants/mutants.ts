/** A bug, as a small change to the source that brings it back. */
export interface Mutant {
  readonly name: string
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** Where it is caught. */
  readonly tests: readonly string[]
}

const ADAPTERS = ['test/contract/adapters.test.ts']
const CACHE = ['test/balances/cached']
const BOUNDS = ['test/balances/solana-bounds.test.ts', 'test/balances/solana-raw-lies.test.ts']
const MINIMUM = ['test/balances/gate-minimum.test.ts']
const JWT = ['test/core/jwt']
const SAFEGUARDS = ['test/core/safeguards.test.ts']

/** The bugs that this kind of package is known for, and those that were found in this one. */
export const mutants: readonly Mutant[] = [
  {
    name: 'headers are read from what Node has folded',
    file: 'src/request.ts',
    find: 'if (raw.length === 0) {',
    replace: 'if (raw.length >= 0) {',
    tests: ADAPTERS,
  },
  {
    name: 'Express goes on after a refusal',
    file: 'adapters/express.ts',
    find: `    write(res, refusal)
    return
  }
  next()`,
    replace: `    write(res, refusal)
  }
  next()`,
    tests: ADAPTERS,
  },
  {
    name: 'Koa goes on after a refusal',
    file: 'adapters/koa.ts',
    find: `  if (refusal !== undefined) return write(ctx, refusal)`,
    replace: `  if (refusal !== undefined) write(ctx, refusal)`,
    tests: ADAPTERS,
  },
  {
    name: 'Fastify goes on before it refuses',
    file: 'adapters/fastify.ts',
    find: `  if (refusal === undefined) done()
  else write(reply, refusal)`,
    replace: `  done()
  if (refusal !== undefined) write(reply, refusal)`,
    tests: ADAPTERS,
  },
  {
    name: 'Express reads the target below its mount',
    file: 'adapters/express.ts',
    find: `return req.originalUrl ?? req.url ?? ''`,
    replace: `return req.url ?? ''`,
    tests: ADAPTERS,
  },
  {
    name: 'the wallet header is not compared with the wallets of the credential',
    file: 'src/stages/wallet.ts',
    find: 'if (at !== -1) return scopeAt(at, principal)',
    replace: 'if (isWalletAddress(value)) return createWalletScope(value, field)',
    tests: ['test/core/wallet.test.ts'],
  },
  {
    name: 'a balance exactly at the minimum is refused',
    file: 'src/balance-check.ts',
    find: 'return amount >= unitsAtLeast(minimum, decimals)',
    replace: 'return amount > unitsAtLeast(minimum, decimals)',
    tests: MINIMUM,
  },
  {
    name: 'amounts are compared as floats',
    file: 'src/balance-check.ts',
    find: 'return amount >= unitsAtLeast(minimum, decimals)',
    replace: 'return Number(amount) >= Number(unitsAtLeast(minimum, decimals))',
    tests: MINIMUM,
  },
  {
    name: 'amounts are read from the chain as floats',
    file: 'src/balances/solana/token-accounts.ts',
    find: 'const units = BigInt(amount)',
    replace: 'const units = BigInt(Number(amount))',
    tests: ['test/contract/balances.test.ts'],
  },
  {
    name: 'an RPC that cannot answer is read as zero',
    file: 'src/balances/solana/endpoint.ts',
    find: 'async read(query, options) {',
    replace: `async read(query, options) {
      return this.readOrFail(query, options).catch(() => ({ amount: 0n, decimals: 9, slot: 1, exact: true }))
    },
    async readOrFail(query, options) {`,
    tests: ['test/contract/balances.test.ts'],
  },
  {
    name: 'a policy that throws lets the request pass',
    file: 'src/stages/policy.ts',
    find: `    } catch (cause) {
      return refused('policy_unavailable', { cause })
    }`,
    replace: `    } catch {
      continue
    }`,
    tests: ['test/core/policy.test.ts'],
  },
  {
    name: 'public paths are compared by how they begin',
    file: 'src/exemptions.ts',
    find: 'open.has(pathOf(request.target))',
    replace: 'paths.some((path) => pathOf(request.target).startsWith(path))',
    tests: ADAPTERS,
  },
  {
    name: 'balances of two mints share an entry',
    file: 'src/balances/cached/balance-entries.ts',
    find: 'if (entry !== undefined && entry.mint === mint) return entry',
    replace: 'if (entry !== undefined && mint !== "") return entry',
    tests: CACHE,
  },
  {
    name: 'after one method failed another is tried',
    file: 'src/stages/authenticate.ts',
    find: 'return remembered(method.verify(parsed, context), digestKey, context)',
    replace: `const tried = methods.jwt.reduce<Promise<Verification>>(
        async (known, other) => ((await known) instanceof Refused ? other.verify(parsed, context) : known),
        Promise.resolve(UNREAD_TOKEN),
      )
      return remembered(tried, digestKey, context)`,
    tests: ['test/contract/methods.test.ts'],
  },
  {
    name: 'a stale balance is served without end',
    file: 'src/balances/cached.ts',
    find: 'return ageOf(known) < errorUntilMs',
    replace: 'return errorUntilMs > 0',
    tests: CACHE,
  },
  {
    name: 'getAccess trusts a property of the request',
    file: 'src/request-state.ts',
    find: '  for (let grant = Mark.read(message)?.grant;',
    replace: `  const forged = (message as { auth?: A }).auth
  if (forged !== undefined) return forged
  for (let grant = Mark.read(message)?.grant;`,
    tests: ADAPTERS,
  },
  {
    name: 'ages run on the wall clock',
    file: 'src/balances/cached.ts',
    find: 'recall(query, clock.monotonicMs())',
    replace: 'recall(query, clock.wallMs())',
    tests: CACHE,
  },
  {
    name: 'an answer of an older slot replaces a newer one',
    file: 'src/balances/cached.ts',
    find: 'if (known !== undefined && balance.slot < known.read.slot',
    replace: 'if (known === undefined && balance.slot < 0',
    tests: CACHE,
  },
  {
    name: 'a lower bound that does not reach the minimum is an answer',
    file: 'src/balances/solana/endpoint.ts',
    find: '&& meets(bound, minimum)) return bound',
    replace: ') return bound',
    tests: BOUNDS,
  },
  {
    name: "somebody else's tokens count where they are at the address of one's own",
    file: 'src/balances/solana/raw-token-account.ts',
    find: "if (!isAt(OWNER_AT, owner, data)) throw new UnusableAnswer('an account is of another owner')",
    replace: 'void owner',
    tests: BOUNDS,
  },
  {
    name: 'frozen tokens count in the associated account',
    file: 'src/balances/solana/raw-token-account.ts',
    find: 'state === FROZEN ? 0n : data',
    replace: 'data',
    tests: BOUNDS,
  },
  {
    name: 'what one caller leaves ends for all who share its request',
    file: 'src/balances/solana/turn-batches.ts',
    find: '    if (waiters.size > 0) return\n',
    replace: '',
    tests: ['test/balances/turn-batches.test.ts'],
  },
  {
    name: 'a balance that is read ahead lets in fewer than the one in its place',
    file: 'src/balances/cached.ts',
    find: 'if (known === undefined || !saysMore(known, entry)) entries.keep(entry)',
    replace: 'entries.keep(entry)',
    tests: CACHE,
  },
  {
    name: 'a credential past its own expiry is honoured',
    file: 'src/methods/shared-secret-jwt.ts',
    find: `if (standing === 'expired') return refused`,
    replace: `if (standing === 'never') return refused`,
    tests: JWT,
  },
  {
    name: 'times are judged before the signature',
    file: 'src/methods/shared-secret-jwt.ts',
    find: '      const keys = usable',
    replace: `      const early = judgeTimes(
        times,
        { toleranceSeconds: clockToleranceSeconds, maxLifetimeSeconds },
        context.nowMs,
      )
      if (early !== undefined) return early
      const keys = usable`,
    tests: JWT,
  },
  {
    name: 'a token may live for ever',
    file: 'src/methods/jwt-times.ts',
    find: 'return Number.isSafeInteger(value) && (value as number) >= 0',
    replace: `return typeof value === 'number' && value >= 0`,
    tests: JWT,
  },
  {
    name: 'a record that another key was asked for is taken',
    file: 'src/credentials/record-check.ts',
    find: `return lookup.kind === 'sharedSecret' && credential.keyId === lookup.keyId`,
    replace: `return lookup.kind === 'sharedSecret'`,
    tests: JWT,
  },
  {
    name: 'a root gate stands for the gates made from it',
    file: 'src/request-state.ts',
    find: `return access.principal.kind !== 'anonymous' && descends(gate, asked)`,
    replace: `return access.principal.kind !== 'anonymous'`,
    tests: ADAPTERS,
  },
  {
    name: 'a requirement without a value is taken away',
    file: 'src/requirements.ts',
    find: "    ...undefinedOptions('requirements', added, KNOWN),\n",
    replace: '',
    tests: SAFEGUARDS,
  },
  {
    name: 'what is known of a request never ages',
    file: 'src/decider.ts',
    find: '    if (findings.foundAtMs < monotonicMs - sharedForMs) return false\n',
    replace: '',
    tests: SAFEGUARDS,
  },
  {
    name: 'an anonymous caller passes a gate that requires a wallet',
    file: 'src/decider.ts',
    find: 'anonymousToo && authorization === undefined && !this.#requirements.wallet',
    replace: 'anonymousToo && authorization === undefined',
    tests: SAFEGUARDS,
  },
  {
    name: 'a clock that answers no time is believed',
    file: 'src/system-clock.ts',
    find: "if (!Number.isFinite(ms)) throw new Error('the clock answered no time')",
    replace: '',
    tests: SAFEGUARDS,
  },
  {
    name: 'a wallet of small order signs in',
    file: 'src/sign-in/ed25519.ts',
    find: "return isBelowPrime(y) && !SMALL_ORDER.has(y.toString('hex'))",
    replace: 'return isBelowPrime(y)',
    tests: ['test/core/ed25519.test.ts'],
  },
  {
    name: 'a challenge works twice',
    file: 'src/routes/sign-in.ts',
    find: 'if (first !== true) return CHALLENGE_INVALID',
    replace: '',
    tests: ['test/contract/sign-in.test.ts'],
  },
  {
    name: 'a wrong signature uses a challenge up',
    file: 'src/routes/sign-in.ts',
    find: 'if (!signed.some(',
    replace: `await wiring.claim(native, \`sign-in:\${message.nonce}\`, message.expiresAtMs)
    if (!signed.some(`,
    tests: ['test/contract/sign-in.test.ts'],
  },
]
