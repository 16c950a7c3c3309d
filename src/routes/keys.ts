import type { Access, WithWallet } from '../access.js'
import { renamed, rotatedKey, switched } from '../credentials/change.js'
import type { ApiKeyEntry } from '../credentials/entry.js'
import { createApiKey } from '../credentials/issue.js'
import { Refused, refused } from '../decision.js'
import type { Gate } from '../gate.js'
import { GateError } from '../gate-error.js'
import { prefixOf } from '../methods/api-key.js'
import { isOptions, unknownOptions } from '../option-check.js'
import { jsonResponse } from '../response.js'
import { HOUR_MS, hourOf } from '../usage/hours.js'
import { inspectGate, type Wiring } from '../wiring.js'
import { readJsonObject, readOptionalJsonObject } from './body.js'
import type { Endpoint, KeyRoutesOptions } from './endpoint.js'
import { type Admitted, guardedEndpoint } from './guarded-endpoint.js'
import { readName, readNewKey, readOverlapMs } from './key-body.js'
import { isKeyCursor } from './key-id.js'
import { createKeyStore, type KeyOwner } from './key-store.js'
import { listItemOf, statsOf, viewOf } from './key-view.js'
import { readQuery } from './query.js'
import { readSession } from './session-token.js'

const NO_CURSOR = refused('body_invalid', { problem: 'cursor must be the next_cursor of an earlier answer' })
const MAX_HOURS = 31 * 24

/**
 * `/v1/keys`: the life of the API keys of a signed-in wallet. A key belongs to the wallet's account and acts for that
 * wallet; no account sees or touches another's.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where the gate has no store, `apiKey` or `walletSession`.
 */
export function keys(gate: Gate, options: KeyRoutesOptions): readonly Endpoint[] {
  const { wiring } = inspectGate(gate)
  const { config } = wiring
  const problems = problemsOf(options)
  const parts = partsOf(config)
  if (parts === undefined) {
    problems.push('keys needs a gate with a store, apiKey() and walletSession({ origin, secrets })')
  }
  if (problems.length > 0 || parts === undefined) throw new GateError('ERR_GATE_OPTIONS', problems)
  const { prefix } = parts
  const { maxPerAccount = 50, scopes = [] } = options
  const environments: readonly (string | null)[] = options.environments ?? [config.environment]
  const defaultEnvironment = environments.find((named) => named === config.environment)
  const rules = { scopes, environments, defaultEnvironment }
  const store = createKeyStore(wiring, parts.store)
  const sessions = gate.with({ methods: ['walletSession'], wallet: 'required' })
  const nowMs = () => config.clock.wallMs()

  async function create({ access, request, body }: Session) {
    const members = await readJsonObject(request, body, ['name', 'environment', 'scopes', 'expires_at'])
    if (members instanceof Refused) return members
    const asked = readNewKey(members, rules, nowMs())
    if (asked instanceof Refused) return asked
    const { accountId } = access.principal
    const { environment, expiresAtMs, name } = asked
    const { issued, entry } = createApiKey(
      {
        prefix,
        accountId,
        createdBy: accountId,
        wallets: [access.wallet.address],
        scopes: asked.scopes,
        name,
        ...(environment !== null && { environment }),
        ...(expiresAtMs !== null && { expiresAtMs }),
      },
      nowMs(),
    )
    const refusal = await store.add(ownerOf({ access, request }), entry, maxPerAccount)
    return refusal ?? jsonResponse(201, { ...viewOf(entry), key: issued.key })
  }

  async function list({ access, request }: Session) {
    const query = readQuery(request.target, ['include_inactive', 'include_revoked', 'limit', 'cursor'])
    if (query instanceof Refused) return query
    const limit = query.wholeNumber('limit', 100, 1, 100)
    const inactive = query.flag('include_inactive')
    const revoked = query.flag('include_revoked')
    for (const value of [limit, inactive, revoked]) if (value instanceof Refused) return value
    const after = query.text('cursor')
    if (after !== undefined && !isKeyCursor(after)) return NO_CURSOR
    const page = await store.list(ownerOf({ access, request }), {
      limit: Number(limit),
      revoked: revoked === true,
      ...(after !== undefined && { after }),
    })
    if (page instanceof Refused) return page
    const wanted = page.keys.filter(({ status }) => status !== 'disabled' || inactive === true)
    await wiring.usage?.flush()
    const sums = await store.usage({ credentialIds: wanted.map(({ id }) => id) })
    if (sums instanceof Refused) return sums
    const items = wanted.map((entry) =>
      listItemOf(
        entry,
        sums.filter(({ credentialId }) => credentialId === entry.id),
      ),
    )
    return { keys: items, next_cursor: page.next }
  }

  async function rename({ access, request, body, params }: Session) {
    const members = await readJsonObject(request, body, ['name'])
    if (members instanceof Refused) return members
    const name = readName(members)
    if (name instanceof Refused) return name
    return change(ownerOf({ access, request }), params, (entry) => renamed(entry, name))
  }

  async function toggle({ access, request, body, params }: Session) {
    const members = await readOptionalJsonObject(request, body, ['is_active'])
    if (members instanceof Refused) return members
    const { is_active: active } = members
    if (active !== undefined && typeof active !== 'boolean') {
      return refused('body_invalid', { problem: 'is_active must be true or false' })
    }
    return change(ownerOf({ access, request }), params, (entry) => {
      const wanted = active ?? entry.status !== 'active'
      return switched(entry, wanted ? 'active' : 'disabled')
    })
  }

  async function rotate({ access, request, body, params }: Session) {
    const members = await readOptionalJsonObject(request, body, ['overlap_seconds'])
    if (members instanceof Refused) return members
    const overlapMs = readOverlapMs(members)
    if (overlapMs instanceof Refused) return overlapMs
    return store.change(ownerOf({ access, request }), params.key_id ?? '', (entry) => {
      const { issued, entry: next } = rotatedKey(entry, overlapMs, nowMs(), prefix)
      return { entry: next, issued: { ...viewOf(next), key: issued.key } }
    })
  }

  async function revoke({ access, request, body, params }: Session) {
    const members = await readOptionalJsonObject(request, body, [])
    if (members instanceof Refused) return members
    const id = params.key_id ?? ''
    return (await store.revoke(ownerOf({ access, request }), id)) ?? { success: true, key_id: id }
  }

  async function stats({ access, request, params }: Session) {
    const query = readQuery(request.target, ['hours'])
    if (query instanceof Refused) return query
    const hours = query.wholeNumber('hours', 24, 0, MAX_HOURS)
    if (hours instanceof Refused) return hours
    const entry = await store.find(ownerOf({ access, request }), params.key_id ?? '')
    if (entry instanceof Refused) return entry
    await wiring.usage?.flush()
    const hoursSinceMs = hourOf(nowMs()) - (hours - 1) * HOUR_MS
    const sums = await store.usage({ credentialIds: [entry.id], hoursSinceMs })
    return sums instanceof Refused ? sums : statsOf(entry, sums)
  }

  async function change(
    owner: KeyOwner,
    { key_id: id = '' }: Session['params'],
    make: (entry: ApiKeyEntry) => ReturnType<typeof renamed>,
  ) {
    return store.change(owner, id, (entry) => {
      const next = make(entry)
      const { name, status } = next
      return { entry: next, issued: { success: true, key_id: id, name, is_active: status === 'active' } }
    })
  }

  return [
    guardedEndpoint(sessions, 'POST', '/v1/keys', create),
    guardedEndpoint(sessions, 'GET', '/v1/keys', list),
    guardedEndpoint(sessions, 'PATCH', '/v1/keys/:key_id', rename),
    guardedEndpoint(sessions, 'DELETE', '/v1/keys/:key_id', revoke),
    guardedEndpoint(sessions, 'POST', '/v1/keys/:key_id/toggle', toggle),
    guardedEndpoint(sessions, 'POST', '/v1/keys/:key_id/rotate', rotate),
    guardedEndpoint(sessions, 'GET', '/v1/keys/:key_id/stats', stats),
  ]
}

type Session = Admitted<WithWallet<Access>>

function ownerOf({ access, request }: Pick<Session, 'access' | 'request'>): KeyOwner {
  const { accountId } = access.principal
  return { accountId, session: readSession(request, access).mark }
}

// What the life of a key needs of a gate.
function partsOf({ store, methods, methodNames }: Wiring['config']) {
  const prefix = methods.opaque.map(prefixOf).find((found) => found !== undefined)
  const isWhole = store !== undefined && prefix !== undefined && methodNames.includes('walletSession')
  return isWhole ? { store, prefix } : undefined
}

function problemsOf(options: KeyRoutesOptions): string[] {
  if (!isOptions(options)) return ['routes.keys must be true or options']
  const problems = unknownOptions('routes.keys', options, ['scopes', 'environments', 'maxPerAccount'])
  const { maxPerAccount } = options
  for (const name of ['scopes', 'environments'] as const) {
    const list = options[name]
    if (
      list !== undefined &&
      !(Array.isArray(list) && list.every((text) => typeof text === 'string' && text !== ''))
    ) {
      problems.push(`routes.keys.${name} must be a list of strings`)
    }
  }
  if (maxPerAccount !== undefined && !(Number.isSafeInteger(maxPerAccount) && maxPerAccount >= 1)) {
    problems.push('routes.keys.maxPerAccount must be a whole number of at least 1')
  }
  return problems
}
