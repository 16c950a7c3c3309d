import { generateKeyPair, SignJWT } from 'jose'
import { ALICE, BOB, CAROL, MINT } from '../../support/addresses.js'
import { bearer, walletHeader } from '../../support/requests.js'
import { CHALLENGE, type Situation } from './wire-cases.js'
import { ISSUER, mint, nowSeconds, SESSION_ORIGIN, UNREADABLE, type World } from './world.js'

export async function walletSituations({
  issueKey,
  issuePair,
  alice,
  walletless,
}: World): Promise<Situation[]> {
  const [authorization = ['', '']] = alice
  const both = await issuePair({ wallets: [ALICE, BOB] })
  const none = await issuePair({})
  const several = await issueKey({ wallets: [ALICE, BOB] })
  const missing = {
    status: 400,
    body: {
      code: 'wallet_missing',
      detail: 'The x-wallet-address header is required',
      remedy: { action: 'send_header', header: 'x-wallet-address' },
    },
  }
  const mismatch = {
    status: 403,
    body: { code: 'wallet_mismatch', detail: 'The wallet is not bound to this credential' },
  }
  const required = {
    status: 403,
    body: { code: 'wallet_required', detail: 'No wallet is bound to this credential' },
  }
  const malformed = {
    status: 400,
    body: { code: 'wallet_malformed', detail: 'The x-wallet-address header is not a Solana address' },
  }
  return [
    {
      situation: 'a wallet that is no address',
      headers: () => [authorization, walletHeader('0x52908400098527886E0F7030069857D2E4169EE7')],
      ...malformed,
    },
    {
      situation: 'a wallet of 31 bytes',
      headers: () => [authorization, walletHeader(ALICE.slice(2))],
      ...malformed,
    },
    {
      situation: 'a wallet that is bound to another',
      headers: () => [authorization, walletHeader(BOB)],
      ...mismatch,
    },
    {
      situation: 'a wallet where none is bound',
      headers: () => [...walletless, walletHeader(ALICE)],
      ...mismatch,
    },
    { situation: 'a key of one wallet without the header', headers: () => [authorization], ...missing },
    {
      situation: 'a key of several wallets without the header',
      headers: () => [bearer(several.key)],
      ...missing,
    },
    {
      situation: 'a token of several wallets without the header where a wallet is required',
      target: '/wallet',
      headers: async () => [bearer(await mint(both))],
      ...missing,
    },
    {
      situation: 'a key without a wallet where one is required',
      target: '/wallet',
      headers: () => walletless,
      ...required,
    },
    {
      situation: 'a token without a wallet where one is required',
      target: '/wallet',
      headers: async () => [bearer(await mint(none))],
      ...required,
    },
  ]
}

export function entitlementSituations({ alice, bob, pair }: World): Situation[] {
  return [
    {
      situation: 'the wrong method',
      target: '/tokens',
      headers: () => alice,
      status: 403,
      body: { code: 'method_mismatch', accepted: ['sharedSecretJwt', 'walletSession'] },
    },
    {
      situation: 'the wrong role',
      target: '/enterprises',
      headers: async () => [bearer(await mint(pair))],
      status: 403,
      body: { code: 'role_mismatch', detail: 'This resource is for the role enterprise' },
    },
    {
      situation: 'a missing scope',
      target: '/refunds',
      headers: () => alice,
      status: 403,
      body: { code: 'scope_insufficient', required_scopes: ['refunds', 'proofs:read'] },
      challenge: `${CHALLENGE}, error="insufficient_scope", scope="refunds proofs:read"`,
    },
    {
      situation: 'too little of the token',
      target: '/members',
      headers: () => bob,
      status: 403,
      body: {
        code: 'balance_insufficient',
        detail: 'Insufficient token balance. Required: 50000 ACTO',
        required: '50000',
        balance: '25000',
        mint: MINT,
        remedy: { action: 'acquire_tokens', mint: MINT, symbol: 'ACTO', amount: '25000', wallet: BOB },
      },
    },
    {
      situation: 'a policy that says no',
      target: '/denied',
      headers: () => alice,
      status: 403,
      body: { code: 'policy_denied', detail: 'A policy of this service refuses the request' },
    },
    {
      situation: 'a policy that says why',
      target: '/denied-why',
      headers: () => alice,
      status: 403,
      body: { code: 'refunds_not_allowed', detail: 'Refunds close at 18:00 (閉店)', retryable: false },
    },
  ]
}

export async function outageSituations({ alice, carol, issueKey }: World): Promise<Situation[]> {
  const unreadable = await issueKey({ accountId: UNREADABLE, wallets: [CAROL] })
  const { privateKey } = await generateKeyPair('ES256')
  const provided = await new SignJWT({
    iss: ISSUER,
    aud: SESSION_ORIGIN,
    sub: 'robot',
    exp: nowSeconds() + 60,
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'a' })
    .sign(privateKey)
  const unavailable = { code: 'dependency_unavailable', retryable: true }
  return [
    {
      situation: 'a policy that throws',
      target: '/policy-throws',
      headers: () => alice,
      status: 503,
      body: { code: 'policy_unavailable', retryable: true },
    },
    {
      situation: 'a policy that never answers',
      target: '/policy-late',
      headers: () => alice,
      status: 503,
      body: { code: 'policy_unavailable', retryable: true },
    },
    {
      situation: 'a store that cannot be read',
      headers: () => [bearer(unreadable.key)],
      status: 503,
      body: unavailable,
    },
    {
      situation: 'a key set that cannot be fetched',
      headers: () => [bearer(provided)],
      status: 503,
      body: unavailable,
    },
    {
      situation: 'a chain that cannot be read',
      target: '/members',
      headers: () => carol,
      outage: true,
      status: 503,
      body: unavailable,
    },
  ]
}
