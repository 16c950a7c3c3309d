import type { Credential } from 'sallyport'
import type { CredentialEntry } from '../../src/credentials/entry.js'
import type { StoreBug } from './store-bug.js'

const ALL = { limit: 1_000, revoked: true }

export const credentialBugs: readonly StoreBug[] = [
  {
    bug: 'digests are compared in lower case',
    breaks: 'knows nothing by what is not, byte for byte',
    plant: ({ findCredential }) => ({
      findCredential: (lookup, options) =>
        findCredential(
          lookup.kind === 'apiKey' ? { ...lookup, digest: lookup.digest.toLowerCase() } : lookup,
          options,
        ),
    }),
  },
  {
    bug: 'a revoked credential is not found at all',
    breaks: 'answers what an entry says by now',
    plant: ({ findCredential }) => ({
      findCredential: (lookup, options) => {
        const found = findCredential(lookup, options)
        return found?.status === 'revoked' ? undefined : found
      },
    }),
  },
  {
    bug: 'what was found once is answered for ever',
    breaks: 'answers what an entry says by now',
    plant({ findCredential }) {
      const known = new Map<string, Credential>()
      return {
        findCredential(lookup, options) {
          const key = JSON.stringify(lookup)
          const found = known.get(key) ?? findCredential(lookup, options)
          if (found) known.set(key, found)
          return found
        },
      }
    },
  },
  {
    bug: 'the older key lives as long as the newer',
    breaks: 'finds a rotated key by the older digest too',
    plant: ({ findCredential, readCredential }) => ({
      findCredential(lookup, options) {
        const found = findCredential(lookup, options)
        const entry = found && readCredential(found.id, options)
        return found && entry && { ...found, expiresAtMs: entry.expiresAtMs }
      },
    }),
  },
  {
    bug: 'the older secret comes first',
    breaks: 'finds both secrets of a rotated pair',
    plant: ({ findCredential }) => ({
      findCredential(lookup, options) {
        const found = findCredential(lookup, options)
        return found?.kind === 'sharedSecret' ? { ...found, secrets: found.secrets.toReversed() } : found
      },
    }),
  },
  {
    bug: 'answers are the very objects that are kept',
    breaks: 'keeps what it was given',
    plant({ readCredential }) {
      const kept = new WeakMap<CredentialEntry, CredentialEntry>()
      return {
        readCredential(id, options) {
          const entry = readCredential(id, options)
          if (entry === undefined) return undefined
          const mutable = kept.get(entry) ?? structuredClone(entry)
          kept.set(entry, mutable)
          return mutable
        },
      }
    },
  },
  {
    bug: 'the shared client is closed with the instance',
    breaks: 'goes on where another instance',
    plant(store) {
      let isClosed = false
      return {
        close: async () => {
          isClosed = true
        },
        listCredentials: (query, options) =>
          isClosed ? { entries: [], next: null } : store.listCredentials(query, options),
      }
    },
  },
  {
    bug: 'what a revoked credential had is free again',
    breaks: 'adds nothing whose id, digest or key id is taken',
    plant: ({ addCredential, findCredential }) => ({
      addCredential: (entry, maxPerAccount, options) =>
        findCredential(entry, options)?.status === 'revoked'
          ? 'added'
          : addCredential(entry, maxPerAccount, options),
    }),
  },
  {
    bug: 'only the newest digest is taken',
    breaks: 'adds nothing by the digest of a key that was replaced',
    plant: ({ addCredential, findCredential }) => ({
      addCredential(entry, maxPerAccount, options) {
        const isOlder = typeof findCredential(entry, options)?.expiresAtMs === 'number'
        return isOlder ? 'added' : addCredential(entry, maxPerAccount, options)
      },
    }),
  },
  {
    bug: 'it is looked whether there is room, and then added',
    breaks: 'counts exactly where many are added',
    plant: ({ addCredential, listCredentials }) => ({
      async addCredential(entry, maxPerAccount, options) {
        const { entries } = listCredentials({ accountId: entry.accountId, limit: 1_000 }, options)
        await Promise.resolve()
        const isFull = maxPerAccount !== null && entries.length >= maxPerAccount
        return isFull ? 'full' : addCredential(entry, null, options)
      },
    }),
  },
  {
    bug: 'revoked credentials count as those of an account',
    breaks: 'adds no more than an account may have',
    plant: ({ addCredential, listCredentials }) => ({
      addCredential(entry, maxPerAccount, options) {
        const { entries } = listCredentials({ ...ALL, accountId: entry.accountId }, options)
        const isFull = maxPerAccount !== null && entries.length >= maxPerAccount
        return isFull ? 'full' : addCredential(entry, null, options)
      },
    }),
  },
  {
    bug: 'accounts are told apart by how they begin',
    breaks: "lists an account's entries",
    plant: ({ listCredentials }) => ({
      listCredentials({ accountId = '', ...query }, options) {
        const page = listCredentials(query, options)
        return { ...page, entries: page.entries.filter((entry) => entry.accountId.startsWith(accountId)) }
      },
    }),
  },
  {
    bug: 'the account that is called nothing has everything',
    breaks: "lists an account's entries",
    plant: ({ listCredentials }) => ({
      listCredentials: ({ accountId, ...query }, options) =>
        listCredentials({ ...query, ...(accountId ? { accountId } : {}) }, options),
    }),
  },
  {
    bug: 'tombstones are listed always',
    breaks: 'lists revoked entries only where',
    plant: ({ listCredentials }) => ({
      listCredentials: (query, options) => listCredentials({ ...query, revoked: true }, options),
    }),
  },
  {
    bug: 'a full page is never the last',
    breaks: 'answers full pages without a gap',
    plant: ({ listCredentials }) => ({
      listCredentials(query, options) {
        const page = listCredentials(query, options)
        const last = page.entries.at(-1)
        const isFull = page.entries.length === query.limit && last !== undefined
        return isFull ? { ...page, next: `${last.createdAtMs}:${last.id}` } : page
      },
    }),
  },
  {
    bug: 'pages are counted from the beginning',
    breaks: 'goes on with the next page',
    plant: ({ listCredentials }) => ({
      listCredentials({ after = '0', limit, ...query }, options) {
        const { entries } = listCredentials({ ...query, limit: 1_000 }, options)
        const end = Number(after) + limit
        const next = entries.length > end ? String(end) : null
        return { entries: entries.slice(Number(after), end), next }
      },
    }),
  },
  {
    bug: 'pages go on behind a moment, whoever shares it',
    breaks: 'lists entries of one and the same moment',
    plant: ({ listCredentials }) => ({
      listCredentials({ after, limit, ...query }, options) {
        const { entries } = listCredentials({ ...query, limit: 1_000 }, options)
        const behind = entries.filter(({ createdAtMs }) => createdAtMs > Number(after ?? 0))
        const page = behind.slice(0, limit)
        return { entries: page, next: behind.length > limit ? String(page.at(-1)?.createdAtMs) : null }
      },
    }),
  },
  {
    bug: 'a change counts upon any version',
    breaks: 'changes nothing upon any other version',
    plant: ({ changeCredential, readCredential }) => ({
      changeCredential(entry, options) {
        const version = (readCredential(entry.id, options)?.version ?? 0) + 1
        return changeCredential({ ...entry, version }, options)
      },
    }),
  },
  {
    bug: 'the version is compared, and then the entry is written',
    breaks: 'lets exactly one of many changes',
    plant: ({ changeCredential, readCredential }) => ({
      async changeCredential(entry, options) {
        const stored = readCredential(entry.id, options)
        await Promise.resolve()
        if (stored?.version !== entry.version - 1 || stored.status === 'revoked') return false
        const version = (readCredential(entry.id, options)?.version ?? 0) + 1
        return changeCredential({ ...entry, version }, options)
      },
    }),
  },
  {
    bug: 'a revoked entry is changed like any other',
    breaks: 'never changes a revoked entry',
    plant: ({ changeCredential, readCredential }) => ({
      changeCredential(entry, options) {
        const stored = readCredential(entry.id, options)
        const isRevoked = stored?.status === 'revoked' && stored.version === entry.version - 1
        return isRevoked || changeCredential(entry, options)
      },
    }),
  },
]
