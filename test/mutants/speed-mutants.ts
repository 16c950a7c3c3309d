import type { Mutant } from './mutants.js'

const PROVEN = ['test/core/verified-cache.test.ts']
const APART = ['test/core/verified-cache-apart.test.ts']
const REVOKED = ['test/core/verified-cache-revocation.test.ts']
const NEGATIVE = ['test/core/negative-cache.test.ts']
const USAGE = ['test/core/usage']

/** Bugs of what is remembered so that nobody has to wait: proofs, records, what is missing, counts. */
export const speedMutants: readonly Mutant[] = [
  {
    name: 'a proof outlives its token by a second',
    file: 'src/methods/jwt-times.ts',
    find: 'untilMs: (exp + toleranceSeconds) * 1000',
    replace: 'untilMs: (exp + toleranceSeconds + 1) * 1000',
    tests: PROVEN,
  },
  {
    name: 'a proof outlives its credential',
    file: 'src/methods/api-key.ts',
    find: 'untilMs: found.expiresAtMs ?? Number.POSITIVE_INFINITY',
    replace: 'untilMs: Number.POSITIVE_INFINITY',
    tests: PROVEN,
  },
  {
    name: 'a proof counts before its token does',
    file: 'src/verified-cache.ts',
    find: ' && wallMs >= known.fromMs',
    replace: '',
    tests: PROVEN,
  },
  {
    name: 'a proof by an older secret outlives its overlap',
    file: 'src/methods/shared-secret-jwt.ts',
    find: 'Math.min(endMs, olderUntilMs)',
    replace: 'endMs',
    tests: PROVEN,
  },
  {
    name: 'a token that counts once is remembered',
    file: 'src/verify-context.ts',
    find: '    if (this.#isForOnce) return undefined\n',
    replace: '',
    tests: PROVEN,
  },
  {
    name: 'a refusal is remembered',
    file: 'src/stages/authenticate.ts',
    find: 'if (verification instanceof Refused) return verification',
    replace: `if (verification instanceof Refused) {
      const proof = { identity: verification as never, fromMs: 0, untilMs: Number.POSITIVE_INFINITY }
      verified.keep(digestKey, proof, [])
      return verification
    }`,
    tests: PROVEN,
  },
  {
    name: 'a frozen record is believed whatever its lists say',
    file: 'src/credentials/snapshot.ts',
    find: 'lists.every((list) => list === undefined || (Array.isArray(list) && Object.isFrozen(list))) &&',
    replace: 'lists.length > 0 &&',
    tests: PROVEN,
  },
  {
    name: 'a record that was changed in place is overlooked',
    file: 'src/credentials/snapshot.ts',
    find: '    record.status === known.status &&\n',
    replace: '',
    tests: PROVEN,
  },
  {
    name: 'a proof is found by a token without its signature',
    file: 'src/stages/authenticate.ts',
    find: `const digestKey = isTooLong ? '' : digestKeyOf(text)`,
    replace: `const digestKey = isTooLong ? '' : digestKeyOf(text.slice(0, text.lastIndexOf('.')))`,
    tests: APART,
  },
  {
    name: 'all gates share their proofs',
    file: 'src/wiring.ts',
    find: 'verified: createVerifiedCache(maxEntries)',
    replace:
      'verified: ((globalThis as { proofs?: Authenticator }).proofs ??= createVerifiedCache(maxEntries) as never) as never',
    tests: APART,
  },
  {
    name: 'nobody asks whether a proof still stands',
    file: 'src/verified-cache.ts',
    find: 'isInTime && hold(known.reliances, monotonicMs)',
    replace: 'isInTime',
    tests: REVOKED,
  },
  {
    name: 'a proof rests on a record that is not kept any more',
    file: 'src/credentials/lookup.ts',
    find: ' && kept.get(answer.key) === answer',
    replace: '',
    tests: REVOKED,
  },
  {
    name: 'what a finder alone has answered is kept for a minute',
    file: 'src/credentials/lookup.ts',
    find: 'follow === undefined || boundMs === 0 ? boundMs',
    replace: 'boundMs === 0 ? boundMs',
    tests: REVOKED,
  },
  {
    name: 'a proof by published keys is kept until its token ends',
    file: 'src/verify-context.ts',
    find: '{ holds: (nowMs) => nowMs < untilMs }',
    replace: '{ holds: () => untilMs > 0 }',
    tests: REVOKED,
  },
  {
    name: 'the end of a session does not end what was proven',
    file: 'src/verify-context.ts',
    find: '{ holds: (nowMs) => goesOn(session, nowMs) }',
    replace: '{ holds: () => goesOn !== undefined }',
    tests: REVOKED,
  },
  {
    name: 'what is missing is missing for ever',
    file: 'src/credentials/lookup.ts',
    find: 'missedAtMs !== undefined && nowMs - missedAtMs < missingMs',
    replace: 'missedAtMs !== undefined && missingMs > 0',
    tests: NEGATIVE,
  },
  {
    name: 'what is missing is missing for longer than the bound',
    file: 'src/credentials/lookup.ts',
    find: 'Math.min(boundMs, MISSING_FOR_MS)',
    replace: 'boundMs === 0 ? 0 : MISSING_FOR_MS',
    tests: NEGATIVE,
  },
  {
    name: 'what is missing stays so when a change is heard',
    file: 'src/credentials/lookup.ts',
    find: '      missing.clear()\n',
    replace: '',
    tests: NEGATIVE,
  },
  {
    name: 'what was missing before a change was heard is missing after it',
    file: 'src/credentials/lookup.ts',
    find: 'if (answer === undefined && isUsable)',
    replace: 'if (answer === undefined)',
    tests: NEGATIVE,
  },
  {
    name: 'a count is taken back from what was written already',
    file: 'src/usage/usage-counter.ts',
    find: 'before.isTaken ? cellLike(before) : before',
    replace: 'before',
    tests: USAGE,
  },
  {
    name: 'a request that is moved leaves its hour',
    file: 'src/usage/usage-counter.ts',
    find: 'outcome, before.hourMs), 1, nowMs)',
    replace: 'outcome, hourOf(nowMs)), 1, nowMs)',
    tests: USAGE,
  },
  {
    name: 'a policy can change what the next one is asked about',
    file: 'src/policy-input.ts',
    find: 'return Object.freeze({ access, request: new AskedRequest(request), native: request.native })',
    replace: 'return { access, request: new AskedRequest(request), native: request.native }',
    tests: ['test/core/policy.test.ts'],
  },
  {
    name: 'what is kept is looked at before the changes are heard',
    file: 'src/credentials/lookup.ts',
    find: 'isYoung(answer, nowMs) && follow?.(nowMs) === undefined && kept.get(answer.key) === answer',
    replace: 'kept.get(answer.key) === answer && isYoung(answer, nowMs) && follow?.(nowMs) === undefined',
    tests: REVOKED,
  },
  {
    name: 'a guard shares what was found out before a change was heard',
    file: 'src/decider.ts',
    find: '    passage.foundAtMs = passage.monotonicMs\n',
    replace:
      '    passage.foundAtMs = passage.monotonicMs\n    passage.version = this.#wiring.credentials.version\n',
    tests: REVOKED,
  },
]
