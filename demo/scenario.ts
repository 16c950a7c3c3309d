import type { Ledger } from '@sallyport/ledger'
import type { Gates } from '../examples/gates.js'
import { writeAgentLife } from './agent-life.js'
import type { SkippingClock } from './clock.js'
import { writeKeyLife } from './key-life.js'
import { ACTO, type Market } from './market.js'
import type { Step } from './step.js'
import { mintByHand, mintWithLibrary } from './tokens.js'

/** What the steps act upon. */
export interface World {
  readonly ledger: Ledger
  readonly market: Market
  readonly clock: SkippingClock
  readonly rpc: { stop(): Promise<void>; restart(): Promise<void> }
}

const SECONDS = 1_000
const MINUTES = 60 * SECONDS

/** Issues the callers' credentials and writes down what they will do. */
export async function writeScenario(
  { store }: Gates,
  { ledger, market, clock, rpc }: World,
): Promise<readonly Step[]> {
  const { rich, poor, unseen, mint } = market
  const keyOf = (accountId: string, wallet: string, scopes: readonly string[] = []) =>
    store.issueApiKey({ prefix: 'acto', accountId, wallets: [wallet], scopes })
  const richKey = await keyOf('robot-fleet', rich.address, ['refunds'])
  const poorKey = await keyOf('hobbyist', poor.address)
  const unseenKey = await keyOf('newcomer', unseen.address)
  const processor = await store.issueSharedSecret({ accountId: 'acme-pay', role: 'processor' })
  const agentKey = await store.issueApiKey({ prefix: 'acto', accountId: 'acme-corp' })
  const enterprise = await store.issueSharedSecret({ accountId: 'acme-corp', role: 'enterprise' })

  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
  const as = ({ key }: { key: string }, wallet: string) => ({ ...bearer(key), 'X-Wallet-Address': wallet })
  const asRich = as(richKey, rich.address)
  const asPoor = as(poorKey, poor.address)
  const minted = mintWithLibrary(processor)
  const tampered = `${minted.slice(0, -2)}${minted.endsWith('AA') ? 'BA' : 'AA'}`

  return [
    { what: 'health, public', path: '/health', headers: {}, expect: { status: 200, rpcCalls: 0 } },
    {
      what: 'no credential',
      path: '/v1/proofs',
      headers: {},
      expect: { status: 401, code: 'credential_missing', rpcCalls: 0, body: { detail: 'Invalid API key' } },
    },
    {
      what: 'processor, token by jsonwebtoken',
      method: 'POST',
      path: '/v1/charges',
      headers: bearer(minted),
      expect: { status: 200, rpcCalls: 0, body: { by: 'acme-pay' } },
    },
    {
      what: 'processor, token by hand',
      method: 'POST',
      path: '/v1/charges',
      headers: bearer(mintByHand(processor)),
      expect: { status: 200, rpcCalls: 0, body: { by: 'acme-pay' } },
    },
    {
      what: 'the same token, signature changed',
      method: 'POST',
      path: '/v1/charges',
      headers: bearer(tampered),
      expect: { status: 401, code: 'credential_invalid', rpcCalls: 0 },
    },
    {
      what: 'enterprise token on a processor route',
      method: 'POST',
      path: '/v1/charges',
      headers: bearer(mintWithLibrary(enterprise)),
      expect: { status: 403, code: 'role_mismatch', rpcCalls: 0 },
    },
    {
      what: 'two Authorization headers',
      path: '/v1/proofs',
      headers: [...Object.entries(asRich), ...Object.entries(bearer(poorKey.key))],
      expect: { status: 400, code: 'request_ambiguous', rpcCalls: 0 },
    },
    {
      what: 'API key, 125000 ACTO, first request',
      path: '/v1/proofs',
      headers: asRich,
      expect: { status: 200, rpcCalls: 1 },
    },
    {
      what: 'the same again, balance known',
      path: '/v1/proofs',
      headers: asRich,
      expect: { status: 200, rpcCalls: 0 },
    },
    {
      what: 'a record, tagged with the wallet',
      method: 'POST',
      path: '/v1/proofs',
      headers: asRich,
      body: { taskId: 'weld-17' },
      expect: { status: 201, rpcCalls: 0, body: { ownerWallet: rich.address } },
    },
    {
      what: 'no wallet header',
      path: '/v1/proofs',
      headers: bearer(richKey.key),
      expect: { status: 400, code: 'wallet_missing', rpcCalls: 0 },
    },
    {
      what: "somebody else's wallet header",
      path: '/v1/proofs',
      headers: as(poorKey, rich.address),
      expect: { status: 403, code: 'wallet_mismatch', rpcCalls: 0 },
    },
    {
      what: 'custom policy, scope refunds',
      method: 'POST',
      path: '/v1/refunds',
      headers: asRich,
      expect: { status: 200, rpcCalls: 0 },
    },
    {
      what: 'custom policy, no such scope',
      method: 'POST',
      path: '/v1/refunds',
      headers: asPoor,
      expect: { status: 403, code: 'refunds_not_allowed', rpcCalls: 0 },
    },
    {
      what: 'a wallet of 25000 ACTO',
      path: '/v1/proofs',
      headers: asPoor,
      expect: {
        status: 403,
        code: 'balance_insufficient',
        rpcCalls: 2,
        body: { detail: 'Insufficient token balance. Required: 50000 ACTO', balance: '25000' },
      },
    },
    {
      what: 'access/check for the same wallet',
      method: 'POST',
      path: '/v1/access/check',
      headers: asPoor,
      body: { owner: poor.address, mint, minimum: 50000 },
      expect: {
        status: 200,
        rpcCalls: 0,
        body: {
          allowed: false,
          reason: 'Insufficient balance. Required: 50000, Found: 25000',
          balance: 25000,
        },
      },
    },
    {
      what: '25000 ACTO arrive; 5 s later',
      before: async () => {
        await ledger.transfer({ mint, from: rich, to: poor.address, amount: 25_000n * ACTO })
        clock.skip(5 * SECONDS)
      },
      path: '/v1/proofs',
      headers: asPoor,
      expect: { status: 200, rpcCalls: 1, body: { items: [] } },
    },
    {
      what: 'one base unit leaves; 2 min later',
      before: async () => {
        await ledger.transfer({ mint, from: poor, to: rich.address, amount: 1n })
        clock.skip(2 * MINUTES)
      },
      path: '/v1/proofs',
      headers: asPoor,
      expect: {
        status: 403,
        code: 'balance_insufficient',
        rpcCalls: 2,
        body: { balance: '49999.999999999' },
      },
    },
    {
      what: 'RPC stopped; a wallet known for 2 min',
      before: () => rpc.stop(),
      path: '/v1/proofs',
      headers: asRich,
      expect: {
        status: 200,
        rpcCalls: 0,
        body: { items: [{ taskId: 'weld-17', ownerWallet: rich.address }] },
      },
    },
    {
      what: 'RPC stopped; a wallet never seen',
      path: '/v1/proofs',
      headers: as(unseenKey, unseen.address),
      expect: { status: 503, code: 'dependency_unavailable', rpcCalls: 0 },
    },
    {
      what: 'RPC still stopped 5 min later',
      before: () => clock.skip(5 * MINUTES),
      path: '/v1/proofs',
      headers: asRich,
      expect: { status: 503, code: 'dependency_unavailable', rpcCalls: 0 },
    },
    {
      what: 'RPC back; the wallet never seen',
      before: () => rpc.restart(),
      path: '/v1/proofs',
      headers: as(unseenKey, unseen.address),
      expect: { status: 200, rpcCalls: 1 },
    },
    ...writeKeyLife(market.signer, clock),
    ...writeAgentLife({ enterprise, processor, agentKey }),
  ]
}
