import { openKeeper, type Program } from './keeper.js'
import { host, type KeptServer, keepServer, type StartOptions } from './kept-server.js'
import { locateServers } from './locate.js'

export interface RedisServer extends KeptServer {
  readonly url: string
  /** As an operator does: nothing is lost, unless it was started without `appendOnly`. */
  stop(): Promise<void>
}

export interface RedisStartOptions extends StartOptions {
  /** By default true: every write is on disk before it is acknowledged. Without, nothing outlives the server. */
  readonly appendOnly?: boolean
}

/** Starts a new, empty Redis. */
export async function startRedis(options: RedisStartOptions = {}): Promise<RedisServer> {
  const { appendOnly = true, firstPort } = options
  const { redis: file } = options.servers ?? locateServers()
  if (file === undefined) throw new Error('No Redis on this machine: redis-server is not in PATH')
  const keeper = openKeeper('Redis')
  const settings = (port: number) => ({
    bind: host,
    port: String(port),
    dir: keeper.folder,
    save: '',
    appendonly: appendOnly ? 'yes' : 'no',
    appendfsync: 'always',
  })
  const programOn = (port: number): Program => ({
    file,
    args: Object.entries(settings(port)).flatMap(([key, value]) => [`--${key}`, value]),
    account: keeper.account,
    readyText: 'Ready to accept connections',
    quitSignal: 'SIGKILL',
  })
  try {
    const server = await keepServer(keeper, programOn, firstPort)
    return {
      ...server,
      url: `redis://${host}:${server.port}`,
      stop: () => keeper.signal('SIGTERM'),
    }
  } catch (error) {
    await keeper.close()
    throw error
  }
}
