import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Keeper, Program } from './keeper.js'
import type { ServerLocations } from './locate.js'

export interface StartOptions {
  /** The port to try first; where it is taken, as without one, a free port is found. */
  readonly firstPort?: number
  /** By default what `locateServers` finds. */
  readonly servers?: ServerLocations
}

/** What every server has. Verbs must not run concurrently on one server; where there is nothing to do, they do nothing. */
export interface KeptServer {
  readonly host: string
  readonly port: number
  /** The folder of all that this server writes: its data, and its log in `server.log`. */
  readonly dir: string
  /** Starts it again after `stop` or `kill`: with the same data, on the same port. */
  start(): Promise<void>
  /** SIGKILL to the server and to all of its children, as in a crash. */
  kill(): Promise<void>
  /** Ends it and deletes `dir`. The end of this process does the same. */
  close(): Promise<void>
}

export const host = '127.0.0.1'

// Below the ports that Linux and macOS give to outgoing connections: no connection takes the port of a stopped server.
const ports = { from: 15_000, to: 32_000 }
const portDeadlineMs = 10_000
const portRetryMs = 25

/** Starts the program that `programOn` makes for a port, on the first port where it comes up. */
export async function keepServer(
  keeper: Keeper,
  programOn: (port: number) => Program,
  firstPort: number | undefined,
): Promise<KeptServer> {
  let port = firstPort ?? (await findPort())
  await serveWherePossible(
    async () => {
      await keeper.serve(programOn(port))
    },
    async () => {
      port = await findPort()
    },
  )
  return {
    host,
    port,
    dir: keeper.folder,
    async start() {
      if (keeper.isServing()) return
      await serveWherePossible(
        () => keeper.serve(programOn(port)),
        () => sleep(portRetryMs),
      )
    },
    kill: () => keeper.crash(),
    close: () => keeper.close(),
  }
}

async function serveWherePossible(serve: () => Promise<void>, prepareRetry: () => Promise<void>) {
  const deadline = Date.now() + portDeadlineMs
  for (;;) {
    try {
      return await serve()
    } catch (error) {
      if (!String(error).includes('Address already in use') || Date.now() > deadline) throw error
      await prepareRetry()
    }
  }
}

/** A port that is free now; whether it still is when the server binds it, only the server can tell. */
async function findPort(): Promise<number> {
  for (;;) {
    const port = randomInt(ports.from, ports.to)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
}
