import type { Mutant } from './mutants.js'

/** Bugs of credentials that live: keys, sessions, their ends on many instances, counts, limits, the client. */
export const credentialMutants: readonly Mutant[] = [
  {
    name: 'a tombstone can be revoked again',
    file: 'src/routes/key-store.ts',
    find: `      if (entry.status === 'revoked') return NOT_FOUND
`,
    replace: '',
    tests: ['test/contract/keys.test.ts'],
  },
  {
    name: 'the keys of one account are not limited',
    file: 'src/routes/key-store.ts',
    find: 'store.addCredential(entry, maxPerAccount, options)',
    replace: 'store.addCredential(entry, maxPerAccount > 0 ? null : 0, options)',
    tests: ['test/contract/keys-rules.test.ts'],
  },
  {
    name: 'a caller may grant itself any scope',
    file: 'src/routes/key-body.ts',
    find: 'return Array.isArray(value) && value.every((item) => allowed.includes(item))',
    replace: `return Array.isArray(value) && value.every((item) => allowed.length >= 0 && typeof item === 'string')`,
    tests: ['test/contract/keys-rules.test.ts'],
  },
  {
    name: 'an older key outlives its overlap',
    file: 'src/credentials/entry.ts',
    find: 'const endsAtMs = Math.min(older.untilMs, expiresAtMs ?? Number.POSITIVE_INFINITY)',
    replace: 'const endsAtMs = expiresAtMs',
    tests: ['test/contract/keys-rotation.test.ts'],
  },
  {
    name: 'a list shows the digest',
    file: 'src/routes/key-view.ts',
    find: '    last_four: entry.lastFour,',
    replace: `    last_four: entry.lastFour,
    fingerprint: entry.digest,`,
    tests: ['test/contract/keys.test.ts'],
  },
  {
    name: 'what is read while a change is heard is kept',
    file: 'src/credentials/lookup.ts',
    find: 'keptMs > 0 && changes === changesBefore',
    replace: 'keptMs > 0 && changes >= changesBefore',
    tests: ['test/core/change-feed.test.ts'],
  },
  {
    name: 'an outage of the feed is overlooked',
    file: 'src/credentials/lookup.ts',
    find: '        if (outage !== undefined) return outage\n',
    replace: '',
    tests: ['test/core/change-feed-outages.test.ts'],
  },
  {
    name: 'the routes of a credential are not bounded',
    file: 'src/usage/usage-counter.ts',
    find: 'const MAX_ROUTES_PER_CREDENTIAL = 100',
    replace: 'const MAX_ROUTES_PER_CREDENTIAL = Number.POSITIVE_INFINITY',
    tests: ['test/core/usage.test.ts', 'test/core/usage-writing.test.ts'],
  },
  {
    name: 'closing a gate writes nothing',
    file: 'src/gate.ts',
    find: `        await wiring.usage?.flush()
`,
    replace: '',
    tests: ['test/core/usage.test.ts', 'test/core/usage-writing.test.ts'],
  },
  {
    name: 'Express forgets the route of a late answer',
    file: 'adapters/express.ts',
    find: `  if (isRouteless(req)) res.once('close', () => settleRoute(req, routeOf(req)))
`,
    replace: '',
    tests: ['test/core/usage-routers.test.ts'],
  },
  {
    name: 'a logout is forgotten',
    file: 'src/credentials/ended-sessions.ts',
    find: '      if (loggedOut.has(id)) return true\n',
    replace: '',
    tests: ['test/contract/session.test.ts'],
  },
  {
    name: 'a sign-in does not hear what was ended elsewhere',
    file: 'src/credentials/standing-credentials.ts',
    find: 'const outage = await feed?.catchUp()',
    replace: 'const outage = await feed?.follow(clock.monotonicMs())',
    tests: ['test/contract/session-revocation.test.ts'],
  },
  {
    name: 'a revocation by a clock that is behind ends nothing that began since',
    file: 'src/stores/memory/changes.ts',
    find: 'const atMs = Math.max(change.atMs, (lastMs.get(name) ?? Number.NEGATIVE_INFINITY) + 1)',
    replace: 'const atMs = Math.max(change.atMs, lastMs.get(name) ?? Number.NEGATIVE_INFINITY)',
    tests: ['test/contract/session-revocation.test.ts'],
  },
  {
    name: 'the revocation of an account leaves its sessions',
    file: 'src/credentials/ended-sessions.ts',
    find: 'endedAccount > account ',
    replace: 'endedAccount > Math.max(account, 1e15) ',
    tests: ['test/contract/session-revocation.test.ts'],
  },
  {
    name: 'every guard counts its request',
    file: 'src/request-state.ts',
    find: 'const before = state.usage === usage ? state.counted : undefined',
    replace: 'const before = undefined',
    tests: ['test/core/usage.test.ts', 'test/core/usage-writing.test.ts'],
  },
  {
    name: 'a change of one credential is overlooked',
    file: 'src/credentials/lookup.ts',
    find: '[...(keysOfId.get(id) ?? [])]) kept.delete(key)',
    replace: '[...(keysOfId.get(id) ?? [])]) kept.has(key)',
    tests: ['test/core/change-feed.test.ts'],
  },
  {
    name: 'a failed poll counts as heard',
    file: 'src/credentials/change-feed.ts',
    find: `    return failed(page)
`,
    replace: `    return heard(startedMs, place ?? '0')
`,
    tests: ['test/core/change-feed-outages.test.ts'],
  },
  {
    name: 'the bound runs from when the answer came',
    file: 'src/credentials/change-feed.ts',
    find: `      heardMs = startedMs
`,
    replace: `      heardMs = clock.monotonicMs()
`,
    tests: ['test/core/change-feed-outages.test.ts'],
  },
  {
    name: 'a read that began before an end answers those who come after it',
    file: 'src/credentials/lookup.ts',
    find: `      // Whoever asks from now on must not be answered by a read that began before.
      flights.clear()
`,
    replace: '',
    tests: ['test/core/change-feed.test.ts'],
  },
  {
    name: "another account's key is the caller's own",
    file: 'src/routes/key-store.ts',
    find: 'entry.accountId === owner.accountId && entry.createdBy === owner.accountId',
    replace: `entry.accountId !== '' && entry.createdBy !== ''`,
    tests: ['test/contract/keys-isolation.test.ts'],
  },
  {
    name: 'a caller may leave the environment out',
    file: 'src/routes/key-body.ts',
    find: `  if (known === undefined) {
    const allowed`,
    replace: `  if (known === undefined && environment !== undefined) {
    const allowed`,
    tests: ['test/contract/keys-rules.test.ts'],
  },
  {
    name: 'counts that could not be written are written again as others',
    file: 'src/usage/usage-counter.ts',
    find: 'if (!(await writeBatch(batch))) return arm()',
    replace: 'if (!(await writeBatch({ ...batch, id: randomUUID() }))) return arm()',
    tests: ['test/core/usage'],
  },
  {
    name: 'only the first page of changes is read',
    file: 'src/credentials/change-feed.ts',
    find: 'if (!page.hasMore || page.cursor === at) return heard',
    replace: `if (page.cursor !== '') return heard`,
    tests: ['test/core/change-feed-outages.test.ts'],
  },
  {
    name: 'a secret opens in the place of another',
    file: 'src/credentials/sealing.ts',
    find: '      decipher.setAAD(Buffer.from(place)).setAuthTag(',
    replace: '      decipher.setAAD(Buffer.from(place.slice(0, 4))).setAuthTag(',
    tests: ['test/core/sealing.test.ts'],
  },
  {
    name: 'what is over a limit passes',
    file: 'src/stages/limit.ts',
    find: 'return verdict.allowed ? undefined',
    replace: 'return verdict.allowed || verdict.retryAfterMs > 0 ? undefined',
    tests: ['test/contract/sign-in-limits.test.ts'],
  },
  {
    name: 'the client follows redirects with its credential',
    file: 'src/client/exchange.ts',
    find: `redirect: 'manual' }`,
    replace: `redirect: 'follow' }`,
    tests: ['test/client'],
  },
  {
    name: 'the client takes another port for its origin',
    file: 'src/client/call.ts',
    find: 'if (url?.origin !== origin) {',
    replace: 'if (url?.hostname !== new URL(origin).hostname) {',
    tests: ['test/client'],
  },
]
