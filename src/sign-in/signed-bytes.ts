const SIGNING_DOMAIN = Buffer.from('\u00ffsolana offchain', 'latin1')
const NO_APPLICATION = Buffer.alloc(32)
// Restricted ASCII, UTF-8 and long UTF-8: a wallet chooses, and the text is the same in each.
const FORMATS = [0, 1, 2] as const

/**
 * All byte strings that a wallet may have signed for `text`: the text itself, or the text in Solana's off-chain message
 * envelope, which hardware wallets put around it (versions 0 and 1, and the shorter version 0 of earlier firmware).
 *
 * @param signer - The 32 bytes of the wallet's public key.
 */
export function signedBytesOf(text: string, signer: Uint8Array): readonly Uint8Array[] {
  const body = Buffer.from(text, 'utf8')
  const length = Buffer.alloc(2)
  length.writeUInt16LE(body.length)
  const enveloped = (version: number, ...parts: readonly Uint8Array[]) =>
    Buffer.concat([SIGNING_DOMAIN, Uint8Array.of(version), ...parts, body])
  const oneSigner = [Uint8Array.of(1), signer]
  return [
    body,
    enveloped(1, ...oneSigner),
    ...FORMATS.map((format) => enveloped(0, NO_APPLICATION, Uint8Array.of(format), ...oneSigner, length)),
    ...FORMATS.map((format) => enveloped(0, Uint8Array.of(format), length)),
  ]
}
