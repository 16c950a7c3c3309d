import { describe, expect, it } from 'vitest'
import { freshStore, isMissing, type StoreKind } from './fresh-store.js'
import { type Client, connectTo } from './http.js'
import { allAnswered, type Load, lastLetInAtMs, type Seen, startLoad, type Target } from './load.js'
import { complaintsOf, type Instance, startInstances } from './run-instance.js'
import { type Scope, withScope } from './scope.js'
import { REVOCATION_BOUND_MS } from './spec.js'
import { until } from './until.js'
import {
  expectStatus,
  makeKey,
  type Session,
  type ShownKey,
  shownKey,
  type WalletCaller,
  walletCaller,
  whoami,
} from './wallet-caller.js'

const KINDS: readonly StoreKind[] = ['postgres', 'ioredis', 'composed']
const CONNECTIONS = 4
// What the first request reads may be forgotten by the first look at the changes.
const TIMES = 10

/** What one of the instances ends, as all of them are asked for it. */
type Ended = 'revoked' | 'disabled' | 'rotated' | 'logged out' | 'key of account' | 'session of account'

/** What is asked for again and again; nothing that happens is to touch a bystander. */
type Label = Ended | 'bystander'

interface Member {
  readonly caller: WalletCaller
  readonly session: Session
  readonly key: ShownKey
}

/** One change, as it is asked of an instance. */
interface Ending {
  readonly ends: readonly Ended[]
  by(client: Client, instance: Instance): Promise<void>
}

describe('three processes under load that share a store', () => {
  for (const kind of KINDS) {
    it.skipIf(isMissing(kind))(
      `all refuse within the bound what one of them has ended: ${kind}`,
      () => withScope((scope) => endAndMeasure(scope, kind)),
      60_000,
    )
  }
})

async function endAndMeasure(scope: Scope, kind: StoreKind): Promise<void> {
  const instances = await startInstances(scope, await freshStore(scope, kind), 3)
  const clients = instances.map(({ origin }) => scope.keep(connectTo(origin, CONNECTIONS + 1)))
  const [client] = clients
  const [instance] = instances
  if (client === undefined || instance === undefined) throw new Error('there is no instance')
  const { targets, ofCredentials, ofAccount } = await prepare(client)
  const labels = targets.map(({ label }) => label)
  const loads = clients.map((each) => startLoad(each, { connections: CONNECTIONS }, targets))
  await until('every instance has all of them in its cache', () =>
    loads.every((load) => allAnswered(load, labels, 200, TIMES)),
  )

  const endedAtMs = new Map<Ended, number>()
  // What ends an account forgets all that is cached, so it must not come to the help of the others.
  for (const endings of [ofCredentials, [ofAccount]]) {
    for (const { ends, by } of endings) {
      await by(client, instance)
      for (const ended of ends) endedAtMs.set(ended, Date.now())
    }
    const ended = endings.flatMap(({ ends }) => ends)
    await until('all refuse it', () => loads.every((load) => allAnswered(load, ended, 401)))
  }
  const overAtMs = Math.max(...endedAtMs.values()) + REVOCATION_BOUND_MS
  await until('the bound is over for the last of it', () =>
    loads.every((load) => hasAskedSince(load, overAtMs)),
  )
  const seen = await Promise.all(loads.map((load) => load.stop()))

  const lags = [...endedAtMs].map(([ended, atMs]) => {
    const [here = 0, ...elsewhere] = seen.map((ofOne) => {
      const answers = ofOne.filter(({ label }) => label === ended)
      expectToStayRefused(answers)
      return lastLetInAtMs(answers) - atMs
    })
    // Where it was ended nothing is let in any more once that has been answered.
    expect(here).toBeLessThanOrEqual(0)
    for (const lag of elsewhere) expect(lag).toBeLessThan(REVOCATION_BOUND_MS)
    return `${ended} ${Math.max(...elsewhere)}`
  })
  const untouched = seen.flat().filter(({ label }) => label === 'bystander')
  expect(new Set(untouched.map(({ status }) => status))).toEqual(new Set([200]))
  for (const each of instances) expect(complaintsOf(each)).toEqual([])
  console.info(`${kind}: lag in ms: ${lags.join(', ')}; of ${seen.flat().length} requests`)
}

/** Makes all that is to be ended. */
async function prepare(client: Client) {
  const { caller, session, key: revoked } = await member(client)
  const { headers } = session
  const [disabled, rotated, bystander] = [
    await makeKey(client, caller, session, 'disabled'),
    await makeKey(client, caller, session, 'rotated'),
    await makeKey(client, caller, session, 'bystander'),
  ]
  const loggedOut = await caller.signIn(client)
  const account = await member(client)

  const ofCredentials: readonly Ending[] = [
    {
      ends: ['revoked'],
      async by(at) {
        expectStatus(await at.ask({ method: 'DELETE', path: `/v1/keys/${revoked.id}`, headers }), 200)
      },
    },
    {
      ends: ['disabled'],
      async by(at) {
        const path = `/v1/keys/${disabled.id}/toggle`
        expectStatus(await at.ask({ method: 'POST', path, headers, body: { is_active: false } }), 200)
      },
    },
    {
      ends: ['rotated'],
      async by(at) {
        const path = `/v1/keys/${rotated.id}/rotate`
        const answer = await at.ask({ method: 'POST', path, headers, body: { overlap_seconds: 0 } })
        expectStatus(await whoami(at, shownKey(caller, answer, 200)), 200)
      },
    },
    {
      ends: ['logged out'],
      async by(at) {
        const path = '/v1/auth/wallet/logout'
        expectStatus(await at.ask({ method: 'POST', path, headers: loggedOut.headers }), 200)
      },
    },
  ]
  const ofAccount: Ending = {
    ends: ['key of account', 'session of account'],
    async by(_at, instance) {
      expect(await instance.call('revoke', { account: account.caller.accountId })).toBe(true)
    },
  }
  const targets: readonly Target<Label>[] = [
    targetOf('revoked', revoked),
    targetOf('disabled', disabled),
    targetOf('rotated', rotated),
    targetOf('logged out', loggedOut),
    targetOf('key of account', account.key),
    targetOf('session of account', account.session),
    targetOf('bystander', bystander),
  ]
  return { targets, ofCredentials, ofAccount }
}

async function member(client: Client): Promise<Member> {
  const caller = walletCaller()
  const session = await caller.signIn(client)
  return { caller, session, key: await makeKey(client, caller, session, 'key') }
}

function targetOf(label: Label, presented: Pick<ShownKey, 'headers'>): Target<Label> {
  return { label, ask: (client) => whoami(client, presented) }
}

function hasAskedSince({ seen }: Load<Label>, atMs: number): boolean {
  return seen.some(({ sentAtMs }) => sentAtMs >= atMs)
}

/** Let in, then refused as invalid, and never let in again once it was refused. */
function expectToStayRefused(answers: readonly Seen<Label>[]): void {
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]))
  const refusals = answers.filter(({ status }) => status === 401)
  expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['credential_invalid']))
  const refusedAtMs = Math.min(...refusals.map(({ receivedAtMs }) => receivedAtMs))
  expect(answers.filter(({ status, sentAtMs }) => status === 200 && sentAtMs > refusedAtMs)).toEqual([])
}
