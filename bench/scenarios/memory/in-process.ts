import { once } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** One request, as far as it differs from others. */
export interface InProcessRequest {
  readonly credential: string
  readonly wallet: string
  readonly path: string
}

type Handler = (req: IncomingMessage, res: ServerResponse) => void

/** Node's own messages over a connection that leads nowhere: all of a server but the parser and the network. */
export class InProcessConnection {
  readonly #handler: Handler
  readonly #socket: Socket

  constructor(handler: Handler) {
    this.#handler = handler
    const nowhere = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
    this.#socket = nowhere as unknown as Socket
  }

  /** The status of the answer, once that is written. */
  async send({ credential, wallet, path }: InProcessRequest): Promise<number> {
    const req = new IncomingMessage(this.#socket)
    req.method = 'GET'
    req.url = path
    req.httpVersion = '1.1'
    req.httpVersionMajor = 1
    req.httpVersionMinor = 1
    req.rawHeaders.push('Host', 'shop.example', 'Authorization', `Bearer ${credential}`)
    req.rawHeaders.push('X-Wallet-Address', wallet, 'Accept', 'application/json')
    req.headers = { host: 'shop.example', authorization: `Bearer ${credential}`, 'x-wallet-address': wallet }
    req.complete = true
    req.push(null)
    const res = new ServerResponse(req)
    res.assignSocket(this.#socket)
    const finished = once(res, 'finish')
    this.#handler(req, res)
    await finished
    res.detachSocket(this.#socket)
    res.emit('close')
    return res.statusCode
  }
}
