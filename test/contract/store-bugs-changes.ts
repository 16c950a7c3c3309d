import type { Change } from '../../src/ports/store.js'
import type { StoreBug } from './store-bug.js'

const ALL = { limit: 1_000, revoked: true }

/** Bugs of revoking, and of telling of it. */
export const changeBugs: readonly StoreBug[] = [
  {
    bug: 'whatever is revoked was there',
    breaks: 'answers false, tells nobody',
    plant: ({ revokeCredentials }) => ({
      revokeCredentials: (revocation, options) => revokeCredentials(revocation, options) || true,
    }),
  },
  {
    bug: 'what was revoked before is not there',
    breaks: 'leaves a revoked entry as it is',
    plant: ({ revokeCredentials, readCredential }) => ({
      revokeCredentials(revocation, options) {
        const wasRevoked = readCredential(revocation.id, options)?.status === 'revoked'
        return revokeCredentials(revocation, options) && !wasRevoked
      },
    }),
  },
  {
    bug: 'a revocation is dated anew each time',
    breaks: 'leaves a revoked entry as it is',
    plant({ revokeCredentials, readCredential }) {
      let revokedAtMs = 0
      return {
        revokeCredentials(revocation, options) {
          revokedAtMs = revocation.atMs
          return revokeCredentials(revocation, options)
        },
        readCredential(id, options) {
          const entry = readCredential(id, options)
          return entry?.status === 'revoked' ? { ...entry, revokedAtMs } : entry
        },
      }
    },
  },
  {
    bug: 'an account is a pattern',
    breaks: 'revokes every credential of an account',
    plant: ({ revokeCredentials, listCredentials }) => ({
      revokeCredentials(revocation, options) {
        if (revocation.kind !== 'account') return revokeCredentials(revocation, options)
        const pattern = revocation.id.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('%', '.*')
        for (const { id, accountId } of listCredentials(ALL, options).entries) {
          const isMeant = new RegExp(`^${pattern}$`, 's').test(accountId)
          if (isMeant) revokeCredentials({ ...revocation, kind: 'credential', id }, options)
        }
        return revokeCredentials(revocation, options)
      },
    }),
  },
  {
    bug: 'only the first hundred of an account are revoked',
    breaks: 'revokes every credential of an account',
    plant: ({ revokeCredentials, listCredentials }) => ({
      revokeCredentials(revocation, options) {
        if (revocation.kind !== 'account') return revokeCredentials(revocation, options)
        const query = { accountId: revocation.id, limit: 100 }
        for (const { id } of listCredentials(query, options).entries) {
          revokeCredentials({ ...revocation, kind: 'credential', id }, options)
        }
        return true
      },
    }),
  },
  {
    bug: 'only the first wallet of a credential counts',
    breaks: 'revokes every credential that is bound to a wallet',
    plant: ({ revokeCredentials, listCredentials }) => ({
      revokeCredentials(revocation, options) {
        if (revocation.kind !== 'wallet') return revokeCredentials(revocation, options)
        for (const { id, wallets } of listCredentials(ALL, options).entries) {
          if (wallets[0] !== revocation.id) continue
          revokeCredentials({ ...revocation, kind: 'credential', id }, options)
        }
        return true
      },
    }),
  },
  {
    bug: 'a session is revoked like a credential',
    breaks: 'ends a session without touching a credential',
    plant: ({ revokeCredentials }) => ({
      revokeCredentials(revocation, options) {
        if (revocation.kind === 'session') {
          revokeCredentials({ ...revocation, kind: 'credential' }, options)
        }
        return revokeCredentials(revocation, options)
      },
    }),
  },
  {
    bug: 'the cursor of an empty page is ahead',
    breaks: 'tells of nothing where nothing was changed',
    plant: ({ changesSince }) => ({
      changesSince(cursor, options) {
        const page = changesSince(cursor, options)
        return page.changes.length > 0 ? page : { ...page, cursor: String(Number(page.cursor) + 1) }
      },
    }),
  },
  {
    bug: 'the newest change is told of first',
    breaks: 'tells of everything that is ended or changed',
    plant: ({ changesSince }) => ({
      changesSince(cursor, options) {
        const page = changesSince(cursor, options)
        return { ...page, changes: page.changes.toReversed() }
      },
    }),
  },
  {
    bug: 'a rotation is told to nobody',
    breaks: 'tells of everything that is ended or changed',
    plant({ changesSince, changeCredential }) {
      const quiet = new Set<string>()
      return {
        changeCredential(entry, options) {
          quiet.add(entry.id)
          return changeCredential(entry, options)
        },
        changesSince(cursor, options) {
          const page = changesSince(cursor, options)
          return { ...page, changes: page.changes.filter(({ id }) => !quiet.has(id)) }
        },
      }
    },
  },
  {
    bug: 'the same thing is told of once',
    breaks: 'tells of a thing again where it is changed again',
    plant({ changesSince }) {
      const first = new Map<string, Change>()
      return {
        changesSince(cursor, options) {
          const page = changesSince(cursor, options)
          const isFirst = (change: Change) => {
            const key = JSON.stringify([change.kind, change.id])
            if (!first.has(key)) first.set(key, change)
            return first.get(key) === change
          }
          return { ...page, changes: page.changes.filter(isFirst) }
        },
      }
    },
  },
  {
    bug: 'the last revocation of an account replaces the others',
    breaks: 'tells of a revocation that is made again',
    plant: ({ changesSince }) => ({
      changesSince(cursor, options) {
        const page = changesSince(cursor, options)
        const last = new Map(page.changes.map((change) => [`${change.kind} ${change.id}`, change]))
        return { ...page, changes: [...last.values()] }
      },
    }),
  },
  {
    bug: 'a revocation that is made again has the time of the instance that made it',
    breaks: 'tells of a revocation that is made again',
    plant({ changesSince, revokeCredentials }) {
      const made = new Map<string, number>()
      return {
        revokeCredentials(revocation, options) {
          made.set(`${revocation.kind} ${revocation.id}`, revocation.atMs)
          return revokeCredentials(revocation, options)
        },
        changesSince(cursor, options) {
          const page = changesSince(cursor, options)
          const timed = page.changes.map((change) => {
            return { ...change, atMs: made.get(`${change.kind} ${change.id}`) ?? change.atMs }
          })
          return { ...page, changes: timed }
        },
      }
    },
  },
  {
    bug: 'a cursor counts for the instance that made it, and once',
    breaks: 'answers from where a cursor points',
    plant({ changesSince }) {
      let readTo = 0
      return {
        changesSince(cursor, options) {
          readTo = Math.max(readTo, Number(cursor ?? 0))
          const page = changesSince(String(readTo), options)
          readTo = Number(page.cursor)
          return page
        },
      }
    },
  },
  {
    bug: 'a page is cut off without a word',
    breaks: 'pages through more than a thousand changes',
    plant: ({ changesSince }) => ({
      changesSince: (cursor, options) => ({ ...changesSince(cursor, options), hasMore: false }),
    }),
  },
  {
    bug: 'the second page begins one change too late',
    breaks: 'pages through more than a thousand changes',
    plant: ({ changesSince }) => ({
      changesSince(cursor, options) {
        const page = changesSince(cursor, options)
        return page.hasMore ? { ...page, cursor: String(Number(page.cursor) + 1) } : page
      },
    }),
  },
  {
    bug: 'changes are forgotten after ten minutes',
    breaks: 'pages through more than a thousand changes',
    plant: ({ changesSince }) => ({
      changesSince(cursor, options) {
        const page = changesSince(cursor, options)
        const newestMs = Math.max(...page.changes.map(({ atMs }) => atMs))
        return { ...page, changes: page.changes.filter(({ atMs }) => atMs > newestMs - 600_000) }
      },
    }),
  },
  {
    bug: 'changes are forgotten after a week, whatever they ended',
    breaks: 'keeps a change until nothing can be left',
    plant: ({ changesSince }) => ({
      changesSince(cursor, options) {
        const page = changesSince(cursor, options)
        const newestMs = Math.max(...page.changes.map(({ atMs }) => atMs))
        return { ...page, changes: page.changes.filter(({ atMs }) => atMs > newestMs - 7 * 86_400_000) }
      },
    }),
  },
  {
    bug: 'places are given before changes are made, and readers pass by those that take long',
    breaks: 'loses nothing of what is changed at the same time',
    plant({ revokeCredentials, changesSince }) {
      const pending = new Set<string>()
      return {
        async revokeCredentials(revocation, options) {
          if (revocation.kind !== 'account') return revokeCredentials(revocation, options)
          pending.add(revocation.id)
          const done = revokeCredentials(revocation, options)
          for (let turns = 0; turns < 20; turns++) await Promise.resolve()
          pending.delete(revocation.id)
          return done
        },
        changesSince(cursor, options) {
          const page = changesSince(cursor, options)
          return { ...page, changes: page.changes.filter(({ id }) => !pending.has(id)) }
        },
      }
    },
  },
]
