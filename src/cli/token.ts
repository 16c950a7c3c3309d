import type { Command } from 'commander'
import { sharedSecretToken } from '../client/shared-secret-token.js'
import { MIN_SECRET_BYTES } from '../credentials/credential.js'
import { systemClock } from '../system-clock.js'
import { readPiped, variable, withoutLineEnd } from './environment.js'
import { Failure, wrongUsage } from './failure.js'
import { seconds, text } from './parsers.js'
import { runs } from './run.js'
import { timeOf } from './table.js'

interface MintOptions {
  readonly keyId: string
  readonly lifetime: number
  readonly audience?: string
  readonly jti?: true
  readonly keyIdClaim: string
}

const MAX_LIFETIME_SECONDS = 3_600
const DEFAULT_LIFETIME_SECONDS = 300
const SECRET = 'the shared secret'

/** Adds `token mint`: what a caller does with its secret, without pasting it into a web page. */
export function addToken(program: Command): void {
  const group = program.command('token').description('tokens that callers make themselves')
  const command = group
    .command('mint')
    .description('makes a JWT (HS256) from a shared secret, which is piped in or in SALLYPORT_SHARED_SECRET')
    .requiredOption('--key-id <id>', 'the public half of the pair', text)
    .option(
      '--lifetime <time>',
      'seconds, or a duration such as 5m; at most an hour',
      seconds(1, MAX_LIFETIME_SECONDS),
      DEFAULT_LIFETIME_SECONDS,
    )
    .option('--audience <text>', 'the aud claim (default: none)', text)
    .option('--jti', 'a random jti, for services that let a token count once')
    .option('--key-id-claim <name>', 'the claim that names the key', text, 'key_id')
    .addHelpText(
      'after',
      '\nExample:\n  $ pass show acme/secret | sallyport token mint --key-id api_key_Zm9v --lifetime 5m',
    )
  runs<MintOptions>(command, async ({ options }) => {
    const { keyId, lifetime, audience, jti = false, keyIdClaim } = options
    const sharedSecret = await readSecret()
    if (keyId === sharedSecret) throw wrongUsage('--key-id is the public half of the pair, not the secret')
    const nowMs = systemClock.wallMs()
    const { text: token } = await sharedSecretToken(
      { keyId, sharedSecret, keyIdClaim, lifetimeSeconds: lifetime, audience, single: jti },
      { ...systemClock, wallMs: () => nowMs },
    ).next()
    const issuedAt = Math.floor(nowMs / 1000)
    const expiresAt = issuedAt + lifetime
    return {
      json: { token, keyId, issuedAt, expiresAt },
      lines: [token],
      notes: [`expires at ${timeOf(expiresAt * 1000)}`],
    }
  })
}

async function readSecret(): Promise<string> {
  const given = variable('SALLYPORT_SHARED_SECRET')
  const secret = given === undefined ? await readPiped(SECRET) : withoutLineEnd(given)
  if (secret === '') throw wrongUsage(`${SECRET} is neither piped in nor in SALLYPORT_SHARED_SECRET`)
  if (/[\r\n]/.test(secret)) throw wrongUsage(`${SECRET} must be one line, without its key_id`)
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new Failure('secret_short', `${SECRET} has less than ${MIN_SECRET_BYTES} bytes: no gate accepts it`)
  }
  return secret
}
