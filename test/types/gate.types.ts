// What must compile, and what must not. `tsc` is the test: an expected error that does not come is an error.
import express from 'express'
import Koa from 'koa'
import { type Access, type Balance, createGate, type Gate, type Refusal, type WalletScope } from 'sallyport'
import { getAccess, requireAccess } from 'sallyport/express'
import { getAccess as koaAccess, requireAccess as koaGuard } from 'sallyport/koa'
import { memoryStore } from 'sallyport/stores/memory'
import { MINT } from '../support/addresses.js'

const gate = createGate({ store: memoryStore() })
const members = gate.with({ balance: { mint: MINT, minimum: '1', symbol: 'ACTO' } })
const walletHolders = gate.with({ wallet: 'required' })
const processors = gate.with({ role: 'processor' })

function equal<T>(_value: T): <U>(proof: [T] extends [U] ? ([U] extends [T] ? true : false) : false) => U {
  throw new Error('only its type is of interest')
}

export function accessOfEachGate(req: express.Request) {
  equal<WalletScope<'ownerWallet'> | null>(getAccess(req, gate).wallet)
  const held: Balance = getAccess(req, members).balance
  const address: string = getAccess(req, members).wallet.address
  const named: string = getAccess(req, walletHolders).wallet.address
  // @ts-expect-error a gate that requires no balance promises none
  const none: Balance = getAccess(req, walletHolders).balance
  // @ts-expect-error the root gate promises no wallet
  const perhaps: string = getAccess(req, gate).wallet.address
  // @ts-expect-error a role promises no wallet
  const neither: string = getAccess(req, processors).wallet.address
  // @ts-expect-error without a gate nothing is promised
  const nothing: string = getAccess(req).wallet.address
  return [held, address, named, none, perhaps, neither, nothing]
}

export function derivedGatesKeepWhatTheirParentsPromise(req: express.Request) {
  const refunders = members.with({ scopes: ['refunds'] })
  const address: string = getAccess(req, refunders).wallet.address
  return address
}

export const policiesSeeWhatTheGatePromises = gate.with({
  wallet: 'required',
  policy: ({ access }) => access.wallet.address !== '',
})

export const policiesSeeNoMore = gate.with({
  // @ts-expect-error this gate requires no wallet
  policy: ({ access }) => access.wallet.address !== '',
})

// @ts-expect-error a policy answers a boolean or what deny() made
gate.with({ policy: () => 'yes' })
// @ts-expect-error the minimum is a decimal string: a number is a float
gate.with({ balance: { mint: MINT, minimum: 50_000, symbol: 'ACTO' } })
// @ts-expect-error there is no such method
gate.with({ methods: ['basic'] })
// @ts-expect-error a misspelt option is an open door
createGate({ store: memoryStore(), polices: [] })

export async function decisionsAreNarrowedByTheirType() {
  const decision = await members({} as never)
  // @ts-expect-error a refusal has no access
  decision.access
  if (decision.type === 'allow') return decision.access.balance.amount
  // @ts-expect-error only some refusals know scopes
  decision.scopes
  if (decision.code === 'scope_insufficient') return decision.scopes
  return decision.code
}

export function fieldsAreTypedByTheirName(req: express.Request) {
  const custom = createGate({ store: memoryStore(), wallet: { field: 'tenant' } }).with({
    wallet: 'required',
  })
  const { wallet } = getAccess(req, custom)
  const tagged: { readonly tenant: string; readonly id: number } = wallet.tag({ id: 1 })
  // @ts-expect-error the field has another name here
  const untagged: { readonly ownerWallet: string } = wallet.tag({ id: 1 })
  return [tagged, untagged]
}

export function accessCannotBeWritten(req: express.Request) {
  const access = getAccess(req, members)
  // @ts-expect-error principals are read-only
  access.principal.role = 'admin'
  // @ts-expect-error the wallet cannot be exchanged
  access.wallet = null
}

export const anyGateFitsWhereAGateIsMeant: Gate[] = [gate, members, processors]
export const accessesAreAccesses = (access: Access, refusal: Refusal) => [access, refusal]

express()
  .use(requireAccess(gate, { public: ['/health'] }))
  .post('/typed-body', requireAccess(members), (req, res) => res.json(req.body.anything))
// @ts-expect-error public belongs to the mount, and is a list
express().use(requireAccess(gate, { public: '/health' }))

new Koa<{ user: string }>().use(koaGuard(gate)).use((ctx) => {
  ctx.state.user = koaAccess(ctx, gate).principal.accountId
})
