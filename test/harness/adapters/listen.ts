import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Access, Gate } from 'sallyport'
import type { AccessLookup, Handle, Route, RunningApp } from '../../contract/adapter-contract.js'

/** What handlers and error handlers of one app leave behind. */
export interface Journal {
  readonly ran: string[]
  readonly errors: unknown[]
}

export function createJournal(): Journal {
  return { ran: [], errors: [] }
}

export const nameOf = ({ method = 'GET', path }: Route) => `${method} ${path}`

/** Answers something that tells a handler was reached, without asking for access. */
export const reached: Handle = () => ({ reached: true })

/** The two ways to call an adapter's `getAccess`, bound to one request. */
export function lookupOf(latest: () => Access, granted: (gate: Gate) => Access): AccessLookup {
  return ((gate?: Gate) => (gate === undefined ? latest() : granted(gate))) as AccessLookup
}

/** Puts a request listener on a port of its own. */
export async function listen(listener: RequestListener, journal: Journal): Promise<RunningApp> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { ...journal, origin: originOf(server), close: () => closeServer(server) }
}

export function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
