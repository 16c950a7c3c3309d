import type { UsageBatch, UsageCount, UsageSum } from '../../src/ports/store.js'
import type { StoreBug } from './store-bug.js'

/** Bugs of claims. */
const claimBugs: readonly StoreBug[] = [
  {
    bug: 'it is looked whether a claim was made, and then made',
    breaks: 'lets exactly one of many who claim',
    plant() {
      const claims = new Set<string>()
      return {
        async claim(key) {
          const isNew = !claims.has(key)
          await Promise.resolve()
          claims.add(key)
          return isNew
        },
      }
    },
  },
  {
    bug: 'every claim is granted',
    breaks: 'lets a claim be had by the first',
    plant: () => ({ claim: () => true }),
  },
  {
    bug: 'claims are told apart by how they begin',
    breaks: 'tells claims apart byte for byte',
    plant: ({ claim }) => ({
      claim: (key, expiresAtMs, options) => claim(key.slice(0, 255), expiresAtMs, options),
    }),
  },
  {
    bug: 'a claim is trimmed',
    breaks: 'tells claims apart byte for byte',
    plant: ({ claim }) => ({
      claim: (key, expiresAtMs, options) => claim(key.trimEnd(), expiresAtMs, options),
    }),
  },
  {
    bug: 'each instance keeps claims of its own, and forgets them beyond five hundred',
    breaks: 'holds a claim until it ends',
    plant() {
      const claims = new Set<string>()
      return {
        claim(key) {
          if (claims.has(key)) return false
          const [oldest = ''] = claims
          if (claims.size >= 500) claims.delete(oldest)
          claims.add(key)
          return true
        },
      }
    },
  },
  {
    bug: 'a claim ends with the one that came last',
    breaks: 'holds a claim until it ends',
    plant({ claim }) {
      const ends = new Map<string, number>()
      let newestMs = 0
      return {
        claim(key, expiresAtMs, options) {
          newestMs = Math.max(newestMs, expiresAtMs - 60_000)
          const isOver = (ends.get(key) ?? Number.POSITIVE_INFINITY) < newestMs
          ends.set(key, Math.min(expiresAtMs, ends.get(key) ?? expiresAtMs))
          return isOver || claim(key, expiresAtMs, options)
        },
      }
    },
  },
  {
    bug: 'a claim answers how many it has made',
    breaks: 'lets a claim be had by the first',
    plant: ({ claim }) => ({
      claim: (...given) => Number(claim(...given)) as unknown as boolean,
    }),
  },
]

/** Bugs of counting. */
const usageBugs: readonly StoreBug[] = [
  {
    bug: 'a batch that is sent again is added again',
    breaks: 'adds a batch once',
    plant({ addUsage }) {
      let sent = 0
      return { addUsage: (batch, options) => addUsage({ ...batch, id: `${batch.id} ${sent++}` }, options) }
    },
  },
  {
    bug: 'it is looked whether a batch was added, and then added',
    breaks: 'adds a batch once',
    plant({ addUsage }) {
      const added = new Set<string>()
      let sent = 0
      return {
        async addUsage(batch, options) {
          if (added.has(batch.id)) return
          await Promise.resolve()
          added.add(batch.id)
          addUsage({ ...batch, id: `${batch.id} ${sent++}` }, options)
        },
      }
    },
  },
  {
    bug: 'of several counts of the same thing in one batch the last is added',
    breaks: 'adds two thousand counts',
    plant: ({ addUsage }) => ({
      addUsage(batch, options) {
        const last = new Map(batch.counts.map((count) => [keyOf(count), count]))
        addUsage({ ...batch, counts: [...last.values()] }, options)
      },
    }),
  },
  {
    bug: 'nothing is counted below zero',
    breaks: 'takes counts back',
    plant: ({ addUsage }) => ({
      addUsage: (batch, options) =>
        addUsage(
          withCounts(batch, (count) => Math.max(0, count)),
          options,
        ),
    }),
  },
  {
    bug: 'counts are kept in 32 bits',
    breaks: 'takes counts back',
    plant: ({ addUsage }) => ({
      addUsage: (batch, options) =>
        addUsage(
          withCounts(batch, (count) => count | 0),
          options,
        ),
    }),
  },
  {
    bug: 'hours since the epoch are none at all',
    breaks: 'adds counts up over all time and by the hour',
    plant: ({ readUsage }) => ({
      readUsage: ({ credentialIds, hoursSinceMs }, options) =>
        readUsage({ credentialIds, ...(hoursSinceMs ? { hoursSinceMs } : {}) }, options),
    }),
  },
  {
    bug: 'the sum over all time is that of the hours that are kept',
    breaks: 'keeps the sums over all time',
    plant: ({ readUsage }) => ({
      readUsage(query, options) {
        const hours = readUsage({ ...query, hoursSinceMs: 0 }, options).filter(
          ({ hourMs }) => hourMs !== null,
        )
        const sums = new Map<string, UsageSum>()
        for (const hour of hours) {
          const key = keyOf({ ...hour, hourMs: null })
          const count = hour.count + (sums.get(key)?.count ?? 0)
          sums.set(key, { ...hour, hourMs: null, count })
        }
        const { hoursSinceMs = Number.POSITIVE_INFINITY } = query
        return [...sums.values(), ...hours.filter(({ hourMs }) => Number(hourMs) >= hoursSinceMs)]
      },
    }),
  },
  {
    bug: 'the last use that was told of is the last',
    breaks: 'says when a thing was used last',
    plant({ addUsage, readUsage }) {
      const told = new Map<string, number>()
      return {
        addUsage(batch, options) {
          for (const count of batch.counts) told.set(count.credentialId, count.lastUsedAtMs)
          addUsage(batch, options)
        },
        readUsage: (query, options) =>
          readUsage(query, options).map((sum) => ({ ...sum, lastUsedAtMs: told.get(sum.credentialId) ?? 0 })),
      }
    },
  },
  {
    bug: 'the sums of everybody are answered where nobody is asked for',
    breaks: 'answers the sums of those credentials',
    plant({ addUsage, readUsage }) {
      const ids = new Set<string>()
      return {
        addUsage(batch, options) {
          for (const { credentialId } of batch.counts) ids.add(credentialId)
          addUsage(batch, options)
        },
        readUsage(query, options) {
          const credentialIds = query.credentialIds.length > 0 ? query.credentialIds : [...ids]
          return readUsage({ ...query, credentialIds }, options)
        },
      }
    },
  },
  {
    bug: 'what is counted is called route and outcome in one word',
    breaks: 'tells routes and outcomes apart',
    plant: ({ readUsage }) => ({
      readUsage(query, options) {
        const sums = new Map<string, UsageSum>()
        for (const sum of readUsage(query, options)) {
          const key = `${sum.credentialId}|${sum.hourMs}|${sum.route}|${sum.outcome}`
          sums.set(key, { ...sum, count: sum.count + (sums.get(key)?.count ?? 0) })
        }
        return [...sums.values()]
      },
    }),
  },
  {
    bug: 'a sum is read, and then written',
    breaks: 'loses no count where many batches',
    plant() {
      const sums = new Map<string, UsageSum>()
      return {
        async addUsage({ counts }) {
          const read = new Map(sums)
          await Promise.resolve()
          for (const count of counts) {
            for (const hourMs of [null, count.hourMs]) {
              const key = keyOf({ ...count, hourMs })
              sums.set(key, { ...count, hourMs, count: count.count + (read.get(key)?.count ?? 0) })
            }
          }
        },
        readUsage: ({ credentialIds }) =>
          [...sums.values()].filter(({ credentialId }) => credentialIds.includes(credentialId)),
      }
    },
  },
]

export const countBugs: readonly StoreBug[] = [...claimBugs, ...usageBugs]

function keyOf({ credentialId, hourMs, route, outcome }: UsageCount | UsageSum): string {
  return JSON.stringify([credentialId, hourMs, route, outcome])
}

function withCounts(batch: UsageBatch, change: (count: number) => number): UsageBatch {
  return { ...batch, counts: batch.counts.map((one) => ({ ...one, count: change(one.count) })) }
}
