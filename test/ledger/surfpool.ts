import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** A running Surfpool server in a process of its own. */
export interface Surfpool {
  readonly rpcUrl: string
  /** 64 bytes: the secret key of the account endowed at the start. */
  readonly payerSecretKey: Uint8Array
  /** From here on nothing is answered: connections are reset, and refused once the system has closed the port. */
  kill(): void
}

/** What `surfpool-process` reports once it serves, or when it cannot. */
export type SurfpoolReport =
  | { readonly rpcUrl: string; readonly payerSecretKey: readonly number[] }
  | { readonly error: string }

const nativePackages: Readonly<Record<string, string>> = {
  'linux-x64': '@solana/surfpool-linux-x64-gnu',
  'darwin-arm64': '@solana/surfpool-darwin-arm64',
  'darwin-x64': '@solana/surfpool-darwin-x64',
}

/** The name Node gives this machine, in the form `linux-x64`. */
export const platform = `${process.platform}-${process.arch}`

const startTimeoutMs = 5_000
const startAttempts = 4

/** Where this platform's native build lies, or why it cannot be used. Loads nothing. */
export function locateSurfpool(): { readonly path: string } | { readonly missing: string } {
  const name = nativePackages[platform]
  if (name === undefined) return { missing: `Surfpool has no native build for ${platform}` }
  try {
    return { path: createRequire(import.meta.url).resolve(name) }
  } catch {
    return { missing: `${name}, Surfpool's native build for ${platform}, is not installed` }
  }
}

/**
 * Surfpool looks for free ports and listens on them a moment later. Where another connection has taken one in
 * between, its start never returns, which in this process would be the end of it; in another it is killed
 * and tried again.
 */
export async function startSurfpool(path: string): Promise<Surfpool> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(path)
    } catch (error) {
      if (attempt === startAttempts) throw error
    }
  }
}

async function launch(path: string): Promise<Surfpool> {
  // Vitest's own execArgv would preload Vitest there. All output is Surfpool's, and is noise.
  const script = fileURLToPath(new URL('surfpool-process.js', import.meta.url))
  const child = fork(script, [path], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const kill = () => {
    child.kill('SIGKILL')
  }
  let timer: NodeJS.Timeout | undefined
  try {
    const report = await new Promise<SurfpoolReport>((resolve, reject) => {
      const late = () => reject(new Error(`Surfpool did not start in ${startTimeoutMs} ms`))
      timer = setTimeout(late, startTimeoutMs)
      child.on('message', (message) => resolve(message as SurfpoolReport))
      child.on('error', reject)
      child.on('exit', (code, signal) => reject(new Error(`Surfpool ended at its start: ${signal ?? code}`)))
    })
    if ('error' in report) throw new Error(report.error)
    child.unref()
    child.channel?.unref()
    return { rpcUrl: report.rpcUrl, payerSecretKey: Uint8Array.from(report.payerSecretKey), kill }
  } catch (error) {
    kill()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
