import { clientKeyOf } from '../client-address.js'
import { accountOfWallet } from '../credentials/wallet-account.js'
import { Refused, refused } from '../decision.js'
import type { Gate } from '../gate.js'
import { GateError } from '../gate-error.js'
import { sessionSettingsOf } from '../methods/wallet-session.js'
import { renderRefused } from '../render-refused.js'
import type { GateRequest } from '../request.js'
import { type GateResponse, jsonResponse } from '../response.js'
import { createChallenges } from '../sign-in/challenge.js'
import { provesEd25519 } from '../sign-in/ed25519.js'
import { createSessionIssuer } from '../sign-in/session.js'
import { decodeSignature } from '../sign-in/signature-encoding.js'
import { signedBytesOf } from '../sign-in/signed-bytes.js'
import { decodeAddress } from '../wallet-address.js'
import { inspectGate, type Wiring } from '../wiring.js'
import { readJsonObject } from './body.js'
import type { Endpoint, IncomingBody } from './endpoint.js'
import { session } from './session.js'

const NO_ADDRESS = refused('body_invalid', { problem: 'wallet_address must be a Solana address' })
const NO_SIGNATURE = refused('body_invalid', {
  problem: 'signature must be 64 bytes in base64 or base58',
})
const CHALLENGE_INVALID = refused('challenge_invalid', {})
const SIGNATURE_INVALID = refused('signature_invalid', {})

/**
 * Wallet sign-in: `POST /v1/auth/wallet/connect` hands out a message to sign, `POST /v1/auth/wallet/verify` a session
 * for its signature. Both are open to all. What a session may ask about itself comes with them.
 *
 * @throws GateError `ERR_GATE_OPTIONS` where the gate has no `walletSession`, or no store to claim nonces with.
 */
export function signIn(gate: Gate): readonly Endpoint[] {
  const { wiring } = inspectGate(gate)
  const { config } = wiring
  const settings = config.methods.jwt.map(sessionSettingsOf).find((found) => found !== undefined)
  if (settings === undefined || config.store === undefined) {
    throw new GateError('ERR_GATE_OPTIONS', [
      'signIn needs a gate with a store and walletSession({ origin, secrets })',
    ])
  }
  const { origin, secrets, sessionTtlSeconds, challengeTtlSeconds } = settings
  const challenges = createChallenges({ origin, secrets, ttlSeconds: challengeTtlSeconds })
  const issueSession = createSessionIssuer({ origin, secrets, ttlSeconds: sessionTtlSeconds })

  async function connect(members: Members, { ip }: GateRequest): Promise<object | Refused> {
    const excess = await wiring.limit('connect', clientKeyOf(ip))
    if (excess !== undefined) return excess
    const address = readAddress(members.wallet_address)
    if (address === undefined) return NO_ADDRESS
    const challenge = challenges.issue(address.text, config.clock.wallMs())
    return { challenge, message: challenge }
  }

  async function verify(members: Members, request: GateRequest): Promise<object | Refused> {
    const outcome = await prove(members, request)
    if (outcome !== CHALLENGE_INVALID && outcome !== SIGNATURE_INVALID) return outcome
    return (await wiring.limit('failures', clientKeyOf(request.ip))) ?? outcome
  }

  async function prove(members: Members, { message: native }: GateRequest): Promise<object | Refused> {
    const { signature, challenge } = members
    const address = readAddress(members.wallet_address)
    if (address === undefined) return NO_ADDRESS
    const bytes = typeof signature === 'string' ? decodeSignature(signature) : undefined
    if (bytes === undefined) return NO_SIGNATURE
    const nowMs = config.clock.wallMs()
    const message =
      typeof challenge === 'string' ? challenges.recognize(challenge, address.text, nowMs) : undefined
    if (message === undefined || typeof challenge !== 'string') return CHALLENGE_INVALID
    const signed = signedBytesOf(challenge, address.bytes)
    if (!signed.some((candidate) => provesEd25519(address.bytes, candidate, bytes))) return SIGNATURE_INVALID

    // What was ended elsewhere a moment ago must not end the session that begins now. Asked first, so that an outage does
    // not use the challenge up.
    const endedThroughMs = await wiring.credentials.endedThrough(address.text)
    if (endedThroughMs instanceof Refused) return endedThroughMs
    // Only a proven signature uses the nonce up: nobody else can spend another's challenge.
    const first = await wiring.claim(native, `sign-in:${message.nonce}`, message.expiresAtMs)
    if (first instanceof Refused) return first
    if (first !== true) return CHALLENGE_INVALID
    return {
      success: true,
      user_id: accountOfWallet(address.text),
      wallet_address: address.text,
      access_token: await issueSession(address.text, nowMs, endedThroughMs),
      token_type: 'Bearer',
      expires_in: sessionTtlSeconds,
    }
  }

  return [
    ...session(gate),
    openEndpoint('/v1/auth/wallet/connect', ['wallet_address'], wiring, connect),
    openEndpoint('/v1/auth/wallet/verify', ['wallet_address', 'signature', 'challenge'], wiring, verify),
  ]
}

type Members = Readonly<Record<string, unknown>>

function openEndpoint(
  path: string,
  known: readonly string[],
  wiring: Wiring,
  answer: (members: Members, request: GateRequest) => Promise<object | Refused>,
): Endpoint {
  return {
    method: 'POST',
    path,
    async handle(request: GateRequest, body: IncomingBody): Promise<GateResponse> {
      const members = await readJsonObject(request, body, known)
      const outcome = members instanceof Refused ? members : await answer(members, request)
      return outcome instanceof Refused ? renderRefused(outcome, wiring, request) : jsonResponse(200, outcome)
    },
  }
}

function readAddress(value: unknown): { readonly text: string; readonly bytes: Uint8Array } | undefined {
  if (typeof value !== 'string') return undefined
  const bytes = decodeAddress(value)
  return bytes && { text: value, bytes }
}
