import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openKeeper, type Program } from './keeper.js'
import { type KeptServer, keepServer, type StartOptions } from './kept-server.js'
import { locateServers } from './locate.js'

export interface PostgresServer extends KeptServer {
  /** Of the database `postgres`, for the superuser of that name, who needs no password. */
  readonly url: string
  /** Resolves to the URL of the new, empty database. */
  createDatabase(name: string): Promise<string>
  /** `fast`, the default, ends every session and writes all to disk; `immediate` leaves that to the next start. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
}

const stopSignals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/** Starts a new, empty PostgreSQL that loses nothing it has acknowledged. */
export async function startPostgres(options: StartOptions = {}): Promise<PostgresServer> {
  const { postgres: bin } = options.servers ?? locateServers()
  if (bin === undefined) {
    throw new Error(
      'No PostgreSQL on this machine: initdb and postgres are not in PATH, and not where Debian has them',
    )
  }
  const keeper = openKeeper('PostgreSQL')
  const { account } = keeper
  const data = join(keeper.folder, 'data')
  const initdb: Program = {
    file: join(bin, 'initdb'),
    // Not synced, which takes longer than all else: it is of use only where the machine itself fails in this very run.
    args: ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
    account,
    quitSignal: 'SIGTERM',
  }
  const settings = (port: number) => ({
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    fsync: 'on',
  })
  const programOn = (port: number): Program => ({
    file: join(bin, 'postgres'),
    args: [
      '-D',
      data,
      ...Object.entries(settings(port)).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    account,
    readyText: 'database system is ready to accept connections',
    quitSignal: stopSignals.immediate,
  })
  try {
    await keeper.run(initdb)
    const server = await keepServer(keeper, programOn, options.firstPort)
    const { host, port } = server
    const urlOf = (database: string) => `postgres://postgres@${host}:${port}/${encodeURIComponent(database)}`
    return {
      ...server,
      url: urlOf('postgres'),
      async createDatabase(name) {
        const args = ['-h', host, '-p', String(port), '-U', 'postgres', '--', name]
        await promisify(execFile)(join(bin, 'createdb'), args, { env: { LC_ALL: 'C' } })
        return urlOf(name)
      },
      stop: (mode = 'fast') => keeper.signal(stopSignals[mode]),
    }
  } catch (error) {
    await keeper.close()
    throw error
  }
}
