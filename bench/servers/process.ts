/** One server in a process of its own: `process.js <framework> <name>`. */
import type { AddressInfo } from 'node:net'
import { answerParent } from '../child.js'
import { createCaller, type Fields, fieldsOf } from '../credentials.js'
import type { Proofs, Start } from './side.js'
import { sides } from './sides.js'
import { createWindow } from './window.js'

/** Where a server listens, and the header fields of a request that it lets in. */
export interface Started {
  readonly port: number
  readonly fields: Fields
}

// Each process loads its own framework alone.
const FRAMEWORKS: Readonly<Record<string, () => Promise<Readonly<Record<string, Start>>>>> = {
  Fastify: async () => (await import('./fastify.js')).fastifySides,
  Koa: async () => (await import('./koa.js')).koaSides,
  Express: async () => (await import('./express.js')).expressSides,
  Hono: async () => (await import('./hono.js')).honoSides,
}

const window = createWindow()

function answer(): Proofs {
  window.count()
  return {
    items: [
      { taskId: 'task-1', status: 'proven' },
      { taskId: 'task-2', status: 'pending' },
    ],
    total: 2,
  }
}

async function startServer(): Promise<Started> {
  const [, , framework = '', name = ''] = process.argv
  const side = sides.find((known) => known.framework === framework && known.name === name)
  const start = (await FRAMEWORKS[framework]?.())?.[name]
  if (side === undefined || start === undefined) throw new RangeError(`no server ${name} on ${framework}`)
  const caller = await createCaller()
  const server = await start({ caller, answer })
  return { port: (server.address() as AddressInfo).port, fields: fieldsOf(caller, side.presents) }
}

answerParent({
  start: startServer,
  watch: (amount) => window.open(Number(amount)),
  usage: () => window.usage(),
})
