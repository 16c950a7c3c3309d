/** What a sign-in message says. Times in milliseconds since the epoch, whole seconds. */
export interface SignInMessage {
  /** The configured origin of the service; its host is the domain that wallets show. */
  readonly origin: string
  /** Canonical base58. */
  readonly address: string
  readonly nonce: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

const STATEMENT = 'Sign in. This costs nothing and moves nothing.'
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
const VARIABLE_PARTS = new RegExp(
  `\nNonce: ([0-9a-f]{64})\nIssued At: (${TIME})\nExpiration Time: (${TIME})$`,
)

/** The text of a Sign-In With Solana message: what EIP-4361 (ERC-4361) is for Ethereum, with a base58 address. */
export function renderMessage({ origin, address, nonce, issuedAtMs, expiresAtMs }: SignInMessage): string {
  return [
    `${new URL(origin).host} wants you to sign in with your Solana account:`,
    address,
    '',
    STATEMENT,
    '',
    `URI: ${origin}`,
    'Version: 1',
    `Nonce: ${nonce}`,
    `Issued At: ${new Date(issuedAtMs).toISOString()}`,
    `Expiration Time: ${new Date(expiresAtMs).toISOString()}`,
  ].join('\n')
}

/**
 * Reads a message that this service rendered for this origin and address.
 *
 * @returns `undefined` where a single character is another: what is read is rendered anew and compared.
 */
export function parseMessage(text: string, origin: string, address: string): SignInMessage | undefined {
  const [, nonce, issuedAt, expiresAt] = VARIABLE_PARTS.exec(text) ?? []
  if (nonce === undefined || issuedAt === undefined || expiresAt === undefined) return undefined
  const issuedAtMs = Date.parse(issuedAt)
  const expiresAtMs = Date.parse(expiresAt)
  if (Number.isNaN(issuedAtMs) || Number.isNaN(expiresAtMs)) return undefined
  const message = { origin, address, nonce, issuedAtMs, expiresAtMs }
  return renderMessage(message) === text ? message : undefined
}
