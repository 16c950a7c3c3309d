/** The account that a wallet signs in to: stable across sessions, and named like no host's own accounts. */
export function accountOfWallet(wallet: string): string {
  return `wallet:${wallet}`
}
