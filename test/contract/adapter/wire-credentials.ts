import { randomUUID } from 'node:crypto'
import { generateKeyPair, SignJWT } from 'jose'
import { ALICE, BOB } from '../../support/addresses.js'
import { bearer, walletHeader } from '../../support/requests.js'
import { CHALLENGE, INVALID_TOKEN, type Situation } from './wire-cases.js'
import { mint, nowSeconds, session, type World } from './world.js'

export async function apiKeySituations({ store, issueKey, alice }: World): Promise<Situation[]> {
  const missing = { code: 'credential_missing', detail: 'Invalid API key', retryable: false }
  const invalid = { code: 'credential_invalid', detail: 'Invalid API key', retryable: false }
  const revoked = await issueKey({})
  await store.revoke({ credential: revoked.credentialId })
  const disabled = await issueKey({ accountId: 'disabled' })
  const elsewhere = await issueKey({ environment: 'test' })
  const expired = await issueKey({ expiresAtMs: Date.now() - 1 })
  const [authorization = ['', '']] = alice
  const refused = { status: 401, body: invalid, challenge: INVALID_TOKEN }
  const ambiguous = (header: string) => ({
    status: 400,
    body: { code: 'request_ambiguous', detail: `Send one ${header} header with one value` },
    challenge: `${CHALLENGE}, error="invalid_request"`,
  })
  return [
    { situation: 'no credential', headers: () => [], status: 401, body: missing, challenge: CHALLENGE },
    {
      situation: 'another scheme',
      headers: () => [['Authorization', 'Basic cm9ib3Q6cm9ib3Q=']],
      status: 401,
      body: missing,
      challenge: CHALLENGE,
    },
    {
      situation: 'a bare key',
      headers: () => [['Authorization', authorization[1].slice('Bearer '.length)]],
      status: 401,
      body: missing,
      challenge: CHALLENGE,
    },
    {
      situation: 'no credential where only tokens are accepted',
      target: '/tokens',
      headers: () => [],
      status: 401,
      body: { code: 'credential_missing', detail: 'A bearer token is required' },
      challenge: CHALLENGE,
    },
    { situation: 'an unknown key', headers: () => [bearer(`acto_${'A'.repeat(43)}`)], ...refused },
    { situation: 'a key of no known form', headers: () => [bearer('acto_short')], ...refused },
    { situation: 'a revoked key', headers: () => [bearer(revoked.key)], ...refused },
    { situation: 'a disabled key', headers: () => [bearer(disabled.key)], ...refused },
    { situation: 'a key of another environment', headers: () => [bearer(elsewhere.key)], ...refused },
    {
      situation: 'an expired key',
      headers: () => [bearer(expired.key)],
      status: 401,
      body: { code: 'credential_expired', detail: 'API key expired' },
      challenge: INVALID_TOKEN,
    },
    {
      situation: 'two credentials',
      headers: () => [authorization, authorization],
      ...ambiguous('Authorization'),
    },
    {
      situation: 'two wallets',
      headers: () => [authorization, walletHeader(ALICE), walletHeader(BOB)],
      ...ambiguous('x-wallet-address'),
    },
    {
      situation: 'comma-joined wallets',
      headers: () => [authorization, walletHeader(`${ALICE},${ALICE}`)],
      ...ambiguous('x-wallet-address'),
    },
  ]
}

export async function tokenSituations({ store, pair, issuePair }: World): Promise<Situation[]> {
  const now = nowSeconds()
  const wrongSecret = { ...pair, sharedSecret: 'x'.repeat(43) }
  const revoked = await issuePair({ wallets: [ALICE] })
  await store.revoke({ credential: revoked.credentialId })
  const { privateKey } = await generateKeyPair('ES256')
  const claims = { key_id: pair.keyId, iat: now, exp: now + 300, jti: randomUUID() }
  const asymmetric = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(privateKey)
  const unsigned = `${base64url({ alg: 'none' })}.${base64url(claims)}.`
  const invalid = { code: 'credential_invalid', detail: 'Invalid token', retryable: false }
  const refused = { status: 401, body: invalid, challenge: INVALID_TOKEN }
  const late = (code: string, detail: string) => ({
    status: 401,
    body: { code, detail, retryable: false },
    challenge: INVALID_TOKEN,
  })
  const token = (made: () => string | Promise<string>) => async () => [bearer(await made())]
  return [
    { situation: 'a token of an unknown key_id', headers: token(() => mint(pair, { key_id: 'api_key_x' })) },
    { situation: 'a token of a revoked key_id', headers: token(() => mint(revoked)) },
    { situation: 'a token with a wrong signature', headers: token(() => mint(wrongSecret)) },
    { situation: 'a late token with a wrong signature', headers: token(() => mint(wrongSecret, { exp: 1 })) },
    { situation: 'a malformed token', headers: token(() => 'a.b.c') },
    { situation: 'a token of five parts', headers: token(() => 'a.b.c.d.e') },
    { situation: 'a token of another algorithm', headers: token(() => asymmetric) },
    { situation: 'an unsigned token', headers: token(() => unsigned) },
    { situation: 'a token with an aud that nobody expects', headers: token(() => mint(pair, { aud: 'x' })) },
    { situation: 'a token without an end', headers: token(() => mint(pair, { exp: undefined })) },
    { situation: 'a session of another secret', headers: token(() => session('y'.repeat(43))) },
  ]
    .map((situation): Situation => ({ ...situation, ...refused }))
    .concat([
      {
        situation: 'an expired token',
        headers: token(() => mint(pair, { iat: now - 400, exp: now - 100 })),
        ...late('credential_expired', 'Token expired'),
      },
      {
        situation: 'a token from the future',
        headers: token(() => mint(pair, { iat: now + 100, exp: now + 400 })),
        ...late(
          'credential_not_yet_valid',
          'Token not yet valid. Check the clock of the machine that made it.',
        ),
      },
      {
        situation: 'a token that lives for a day',
        headers: token(() => mint(pair, { exp: now + 86_400 })),
        ...late('credential_lifetime', 'The time between iat and exp is not accepted'),
      },
      {
        situation: 'a token used twice',
        target: '/once',
        headers: token(() => mint(pair)),
        times: 2,
        ...late('credential_replayed', 'This token was used before'),
      },
    ])
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
