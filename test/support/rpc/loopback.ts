import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** An HTTP server on a port of 127.0.0.1 that it keeps over a stop and a restart. */
export interface Loopback {
  /** Without a trailing slash. */
  readonly url: string
  /** Closes the listener and destroys every connection: afterwards a connection is refused. Idempotent. */
  stop(): Promise<void>
  /** Listens on the same port again; does nothing while it listens. */
  restart(): Promise<void>
}

export async function listenOnLoopback(listener: RequestListener): Promise<Loopback> {
  const server = createServer(listener)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })

  function listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  }

  await listen(0)
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      if (!server.listening) return
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
    async restart() {
      if (!server.listening) await listen(port)
    },
  }
}
