import { createRequire } from 'node:module'

/** The part of Surfpool's native class that this workspace uses. The package ships no types of its own. */
export interface Surfnet {
  readonly rpcUrl: string
  /** 64 bytes: the secret key of the account that `startWithConfig` endowed. */
  readonly payerSecretKey: readonly number[]
  /** Takes what Surfpool has to tell. It holds 1,024 events and stops altogether when nobody takes them. */
  drainEvents(): unknown
  /** Blocks until both listeners are closed. Throws when they are not within 5 seconds. */
  stop(): void
}

/** Options of `Surfnet.startWithConfig`; slots and blocks keep Surfpool's defaults. */
export interface SurfnetConfig {
  readonly offline: boolean
  /** In lamports. Above 1e14 the start was seen to time out: the built-in faucet does not hold 1e15. */
  readonly airdropSol: number
}

interface SurfpoolBinding {
  readonly Surfnet: { startWithConfig(config: SurfnetConfig): Surfnet }
}

const nativePackages: Readonly<Record<string, string>> = {
  'linux-x64': '@solana/surfpool-linux-x64-gnu',
  'darwin-arm64': '@solana/surfpool-darwin-arm64',
  'darwin-x64': '@solana/surfpool-darwin-x64',
}

/** The name Node gives this machine, in the form `linux-x64`. */
export const platform = `${process.platform}-${process.arch}`

const require = createRequire(import.meta.url)

/** Where this platform's native build lies, or why it cannot be used. Loads nothing. */
export function locateSurfpool(): { readonly path: string } | { readonly missing: string } {
  const name = nativePackages[platform]
  if (name === undefined) return { missing: `Surfpool has no native build for ${platform}` }
  try {
    return { path: require.resolve(name) }
  } catch {
    return { missing: `${name}, Surfpool's native build for ${platform}, is not installed` }
  }
}

/** Loads the native build (43 MB) from a path that `locateSurfpool` returned. */
export function loadSurfpool(path: string): SurfpoolBinding {
  return require(path) as SurfpoolBinding
}
