import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * How a way to a server is cut. `reset`: connections break, and new ones are refused. `silence`: they stay, and nothing
 * comes through, as where a cable is pulled; once it is healed they go on, as TCP's do.
 */
export type Cut = 'reset' | 'silence'

/** A way from one instance to its server. */
export interface CuttableProxy {
  /** The server's URL by this way. */
  readonly url: string
  cut(how: Cut): void
  heal(): void
  close(): Promise<void>
}

interface Link {
  readonly near: Socket
  far: Socket | undefined
}

export async function startProxy(serverUrl: string): Promise<CuttableProxy> {
  const { hostname, port } = new URL(serverUrl)
  const links = new Set<Link>()
  let state: Cut | 'whole' = 'whole'

  function tie(link: Link): void {
    const { near } = link
    const far = connect(Number(port), hostname)
    link.far = far
    far.on('error', () => undefined)
    near.on('data', (chunk) => far.write(chunk))
    far.on('data', (chunk) => near.write(chunk))
    far.on('close', () => near.destroy())
  }

  const server = createServer((near) => {
    near.on('error', () => undefined)
    if (state === 'reset') {
      near.resetAndDestroy()
      return
    }
    const link: Link = { near, far: undefined }
    links.add(link)
    near.on('close', () => {
      links.delete(link)
      link.far?.destroy()
    })
    // In silence it waits, as it would for the answer to its first packet.
    if (state === 'whole') tie(link)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(serverUrl)
  url.port = String((server.address() as AddressInfo).port)

  return {
    url: url.href,
    cut(how) {
      state = how
      for (const { near, far } of links) {
        if (how === 'reset') near.resetAndDestroy()
        for (const socket of [near, far]) socket?.pause()
      }
    },
    heal() {
      state = 'whole'
      for (const link of links) {
        if (link.far === undefined) tie(link)
        for (const socket of [link.near, link.far]) socket?.resume()
      }
    },
    async close() {
      server.close()
      for (const { near } of links) near.destroy()
    },
  }
}
