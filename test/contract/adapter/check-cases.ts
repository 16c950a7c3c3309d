import { ALICE, BOB, CAROL, MINT, OTHER_MINT } from '../../support/addresses.js'
import type { Headers, World } from './world.js'

/** One question to `POST /v1/access/check` and the answer that every major gives. */
export interface CheckCase {
  readonly situation: string
  readonly headers: Headers
  /** Written as JSON, or as it is where it is text or bytes. */
  readonly body: unknown
  readonly mediaType?: string | null
  /** What a host's own parser would refuse before the endpoint sees it. */
  readonly unparsed?: true
  readonly status: number
  readonly answer: Record<string, unknown>
}

export function checkCases(world: World): CheckCase[] {
  return [
    ...answeredCases(world),
    ...minimumCases(world),
    ...questionCases(world),
    ...bodyCases(world),
    ...callerCases(world),
  ]
}

const sufficient = (balance: number, minimum: string) => ({
  status: 200,
  answer: {
    allowed: true,
    reason: 'Sufficient balance',
    balance,
    balance_exact: String(balance),
    minimum_exact: minimum,
  },
})

const insufficient = (balance: number, minimum: string) => ({
  status: 200,
  answer: {
    allowed: false,
    reason: `Insufficient balance. Required: ${minimum}, Found: ${balance}`,
    balance,
    balance_exact: String(balance),
    minimum_exact: minimum,
  },
})

const invalid = (detail: string) => ({ status: 400, answer: { status: 400, code: 'body_invalid', detail } })

function answeredCases({ alice, bob, carol }: World): CheckCase[] {
  const whole = { owner: BOB, mint: MINT, minimum: 50_000, rpc_url: '' }
  return [
    { situation: 'a rich caller', headers: alice, body: { owner: ALICE }, ...sufficient(60_000, '50000') },
    { situation: 'a poor caller', headers: bob, body: { owner: BOB }, ...insufficient(25_000, '50000') },
    {
      situation: 'a caller without the token',
      headers: carol,
      body: { owner: CAROL },
      ...insufficient(0, '50000'),
    },
    { situation: 'a whole question', headers: bob, body: whole, ...insufficient(25_000, '50000') },
    {
      situation: 'another mint that is named',
      headers: alice,
      body: { owner: ALICE, mint: OTHER_MINT, minimum: '0.000000001' },
      ...insufficient(0, '0.000000001'),
    },
    {
      situation: 'a null for the endpoint to be asked',
      headers: alice,
      body: { owner: ALICE, rpc_url: null },
      ...sufficient(60_000, '50000'),
    },
    {
      situation: 'a media type with a parameter',
      headers: alice,
      body: { owner: ALICE },
      mediaType: 'Application/JSON ; charset=utf-8',
      ...sufficient(60_000, '50000'),
    },
  ]
}

function minimumCases({ alice }: World): CheckCase[] {
  const asking = (minimum: unknown) => ({
    situation: `a minimum of ${JSON.stringify(minimum)}`,
    headers: alice,
    body: { owner: ALICE, minimum },
  })
  const huge = '9'.repeat(40)
  const refused = invalid('minimum must be a number or a decimal string, not negative')
  return [
    { ...asking(60_000), ...sufficient(60_000, '60000') },
    { ...asking('60000.000'), ...sufficient(60_000, '60000') },
    { ...asking('60000.000000001'), ...insufficient(60_000, '60000.000000001') },
    // Finer than the mint can be divided: the next whole unit up is asked for.
    { ...asking('60000.0000000001'), ...insufficient(60_000, '60000.0000000001') },
    { ...asking(0), ...sufficient(60_000, '0') },
    { ...asking(0.5), ...sufficient(60_000, '0.5') },
    { ...asking(2 ** 53), ...insufficient(60_000, '9007199254740992') },
    { ...asking(huge), ...insufficient(60_000, huge) },
    ...[-1, '-1', '', ' ', '1e3', 1e21, 1e-7, '0x10', 'NaN', 'Infinity', '1,000', '1.', '.5', '٣', `${huge}9`]
      .concat([null, true, [], {}] as never)
      .map((minimum) => ({ ...asking(minimum), ...refused })),
  ]
}

function questionCases({ alice }: World): CheckCase[] {
  const unnamed = invalid('mint must be one that this service checks')
  const noAddress = invalid('owner must be a Solana address')
  const noEndpoint = invalid('rpc_url is not accepted: this service chooses its own endpoint')
  const unknown = invalid('The body has members other than owner, mint, minimum')
  const asking = (situation: string, members: object) => ({
    situation,
    headers: alice,
    body: { owner: ALICE, ...members },
  })
  return [
    {
      ...asking("another's wallet", { owner: BOB }),
      status: 403,
      answer: { status: 403, code: 'wallet_mismatch' },
    },
    { ...asking('no owner', { owner: undefined }), ...noAddress },
    { ...asking('an owner that is no address', { owner: 'me' }), ...noAddress },
    { ...asking('an owner that is a list', { owner: [ALICE] }), ...noAddress },
    { ...asking('a mint that is not named', { mint: ALICE }), ...unnamed },
    { ...asking('a mint that is a list', { mint: [MINT] }), ...unnamed },
    { ...asking('a mint that is null', { mint: null }), ...unnamed },
    { ...asking('an endpoint to be asked', { rpc_url: 'http://169.254.169.254/' }), ...noEndpoint },
    { ...asking('an endpoint that is a number', { rpc_url: 0 }), ...noEndpoint },
    { ...asking('an unknown member', { wallet: ALICE }), ...unknown },
    {
      situation: 'a member that would be a prototype',
      headers: alice,
      body: `{"owner":"${ALICE}","__proto__":{"minimum":"0"}}`,
      // Parsers of the host's drop it, and then it is not there.
      unparsed: true,
      ...unknown,
    },
  ]
}

function bodyCases({ alice }: World): CheckCase[] {
  const notJson = invalid('The body is not valid JSON')
  const notObject = invalid('The body must be a JSON object')
  const unsupported = {
    status: 415,
    answer: { status: 415, code: 'media_type_unsupported', detail: 'Send application/json' },
  }
  const sending = (body: unknown) => ({ situation: `the body ${JSON.stringify(body)}`, headers: alice, body })
  const typed = (mediaType: string | null) => ({
    situation: `the media type ${mediaType}`,
    headers: alice,
    body: JSON.stringify({ owner: ALICE }),
    mediaType,
  })
  return [
    { ...sending('[]'), ...notObject },
    ...['null', '"owner"', '7'].map((body) => ({ ...sending(body), unparsed: true as const, ...notObject })),
    ...['', '{', '{"owner":', "{'owner':1}", '{}{}'].map((body) => ({
      ...sending(body),
      unparsed: true as const,
      ...notJson,
    })),
    {
      ...sending(Buffer.from('{"owner":"\xff"}', 'latin1')),
      situation: 'a body that is no UTF-8',
      unparsed: true,
      ...notJson,
    },
    ...[null, '', 'text/plain', 'application/x-www-form-urlencoded', 'application/problem+json']
      .concat(['nonsense', 'application/jsonp', 'application/json, text/plain', 'multipart/form-data'])
      .map((mediaType) => ({ ...typed(mediaType), ...unsupported })),
  ]
}

function callerCases({ alice, walletless }: World): CheckCase[] {
  const missing = { status: 401, answer: { status: 401, code: 'credential_missing' } }
  const [authorization = ['', '']] = alice
  return [
    { situation: 'no credential', headers: [], body: { owner: ALICE }, ...missing },
    { situation: 'no credential and no JSON', headers: [], body: '{', unparsed: true, ...missing },
    { situation: 'no credential and nonsense', headers: [], body: 'x', mediaType: 'nonsense', ...missing },
    {
      situation: 'a credential without a wallet',
      headers: walletless,
      body: { owner: ALICE },
      status: 403,
      answer: { status: 403, code: 'wallet_required' },
    },
    {
      situation: 'a credential without the wallet header',
      headers: [authorization],
      body: { owner: ALICE },
      status: 400,
      answer: { status: 400, code: 'wallet_missing' },
    },
  ]
}
