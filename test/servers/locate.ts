import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface ServerLocations {
  /** The folder of `initdb`, `postgres` and `createdb`. */
  readonly postgres: string | undefined
  /** The path of `redis-server`. */
  readonly redis: string | undefined
}

export interface SearchedPlaces {
  /** A list of folders in the form of `PATH`. */
  readonly path?: string
  /** The folder in which Debian keeps one folder for each version of PostgreSQL. */
  readonly debianPostgres?: string
}

const postgresPrograms = ['initdb', 'postgres', 'createdb']

/** What this machine has, in `PATH` first and then where Debian installs. Starts nothing. */
export function locateServers({
  path = process.env.PATH ?? '',
  debianPostgres = '/usr/lib/postgresql',
}: SearchedPlaces = {}): ServerLocations {
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  // Debian's newest version first. Its programs are not in PATH, only wrappers of some of them are.
  const debian = versionsIn(debianPostgres).map((version) => join(debianPostgres, version, 'bin'))
  return {
    postgres: [...folders, ...debian].find((folder) =>
      postgresPrograms.every((program) => isExecutable(join(folder, program))),
    ),
    redis: folders.map((folder) => join(folder, 'redis-server')).find(isExecutable),
  }
}

function versionsIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort((a, b) => Number(b) - Number(a))
  } catch {
    return []
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
