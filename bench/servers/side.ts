import type { Server } from 'node:http'
import type { Caller, Presented } from '../credentials.js'

/** What every server answers to `GET /v1/proofs`. */
export interface Proofs {
  readonly items: readonly { readonly taskId: string; readonly status: string }[]
  readonly total: number
}

/** What a server is started with. */
export interface Stage {
  readonly caller: Caller
  /** Makes the answer, and counts it. */
  answer(): Proofs
}

/** Starts a server on a port of its own choice of 127.0.0.1, and answers once it listens. */
export type Start = (stage: Stage) => Promise<Server>

/** One server of a comparison. */
export interface Side {
  readonly framework: string
  /** Under which its framework's file knows it. */
  readonly name: string
  readonly presents: Presented
  readonly role: 'bare' | 'ours' | 'peer'
}

export const PATH = '/v1/proofs'

/** Waits until a server listens. */
export function listening(server: Server): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server))
  })
}
