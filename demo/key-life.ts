import type { TestWallet } from 'sallyport/testing'
import type { SkippingClock } from './clock.js'
import type { Body, Step } from './step.js'

const MINUTES = 60_000

/** The life of a key: a wallet signs in, makes a key, uses it, watches it, rotates it and revokes it. */
export function writeKeyLife(wallet: TestWallet, clock: SkippingClock): readonly Step[] {
  const told: Record<string, string> = {}
  const keep =
    (member: string, as = member) =>
    (body: Body) => {
      told[as] = String(body[member])
    }
  const keepKey = (as: string) => (body: Body) => {
    keep('key', as)(body)
    keep('key_id')(body)
  }
  const asSession = () => ({ Authorization: `Bearer ${told.access_token}` })
  const asKey = (name: string) => () => ({
    Authorization: `Bearer ${told[name]}`,
    'X-Wallet-Address': wallet.address,
  })
  const key =
    (verb = '') =>
    () =>
      `/v1/keys/${told.key_id}${verb}`
  // As the seed's own client sends them: a JSON media type, and no body.
  const bodiless = () => ({ ...asSession(), 'Content-Type': 'application/json' })
  const proofs = { path: '/v1/proofs' } as const

  return [
    {
      what: 'a wallet asks for a challenge',
      method: 'POST',
      path: '/v1/auth/wallet/connect',
      headers: {},
      body: { wallet_address: wallet.address },
      after: keep('challenge'),
      expect: { status: 200, rpcCalls: 0 },
    },
    {
      what: 'and signs in',
      method: 'POST',
      path: '/v1/auth/wallet/verify',
      headers: {},
      body: () => ({
        wallet_address: wallet.address,
        challenge: told.challenge,
        signature: Buffer.from(wallet.sign(told.challenge ?? '')).toString('base64'),
      }),
      after: keep('access_token'),
      expect: { status: 200, rpcCalls: 0, body: { success: true, wallet_address: wallet.address } },
    },
    {
      what: 'it makes a key',
      method: 'POST',
      path: '/v1/keys',
      headers: asSession,
      body: { name: 'welding robot' },
      after: keepKey('first'),
      expect: { status: 201, rpcCalls: 0, body: { name: 'welding robot', is_active: true } },
    },
    {
      what: 'the robot uses it',
      ...proofs,
      headers: asKey('first'),
      expect: { status: 200, rpcCalls: 1 },
    },
    {
      what: 'its owner watches it',
      path: key('/stats'),
      headers: asSession,
      expect: {
        status: 200,
        rpcCalls: 0,
        body: { request_count: 1, endpoint_usage: { 'GET /v1/proofs': 1 }, error_rate: 0 },
      },
    },
    {
      what: 'rotates it, 10 min of overlap',
      method: 'POST',
      path: key('/rotate'),
      headers: asSession,
      body: { overlap_seconds: 600 },
      after: keepKey('second'),
      expect: { status: 200, rpcCalls: 0 },
    },
    { what: 'the old key', ...proofs, headers: asKey('first'), expect: { status: 200, rpcCalls: 0 } },
    { what: 'the new key', ...proofs, headers: asKey('second'), expect: { status: 200, rpcCalls: 0 } },
    {
      what: 'the old key, 11 min later',
      before: () => clock.skip(11 * MINUTES),
      ...proofs,
      headers: asKey('first'),
      expect: { status: 401, code: 'credential_expired', rpcCalls: 0 },
    },
    {
      what: 'the new key, 11 min later',
      ...proofs,
      headers: asKey('second'),
      expect: { status: 200, rpcCalls: 1 },
    },
    {
      what: 'the owner disables it',
      method: 'POST',
      path: key('/toggle'),
      headers: bodiless,
      expect: { status: 200, rpcCalls: 0, body: { is_active: false } },
    },
    {
      what: 'the key, disabled',
      ...proofs,
      headers: asKey('second'),
      expect: { status: 401, code: 'credential_invalid', rpcCalls: 0 },
    },
    {
      what: 'the owner revokes it',
      method: 'DELETE',
      path: key(),
      headers: bodiless,
      expect: { status: 200, rpcCalls: 0, body: { success: true } },
    },
    {
      what: 'the key, revoked',
      ...proofs,
      headers: asKey('second'),
      expect: { status: 401, code: 'credential_invalid', rpcCalls: 0 },
    },
    {
      what: 'the owner signs out',
      method: 'POST',
      path: '/v1/auth/wallet/logout',
      headers: bodiless,
      expect: { status: 200, rpcCalls: 0, body: { success: true } },
    },
    {
      what: 'the session, ended',
      path: '/v1/keys',
      headers: asSession,
      expect: { status: 401, code: 'credential_invalid', rpcCalls: 0 },
    },
  ]
}
