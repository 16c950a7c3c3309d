import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { locateServers, startPostgres, startRedis } from '@sallyport/servers'
import { describe, expect, onTestFinished, test } from 'vitest'

describe('a program that is missing', () => {
  test.each([
    ['PostgreSQL', startPostgres],
    ['Redis', startRedis],
  ])('%s: is an error that says so', async (name, start) => {
    const nowhere = { postgres: undefined, redis: undefined }
    await expect(start({ servers: nowhere })).rejects.toThrow(`No ${name} on this machine`)
    const gone = { postgres: '/nowhere', redis: '/nowhere/redis-server' }
    await expect(start({ servers: gone })).rejects.toThrow(new RegExp(`^${name}: /nowhere/.+ENOENT`))
  })

  test('is not located where it is not', () => {
    const nowhere = { path: '/nowhere', debianPostgres: '/nowhere' }
    expect(locateServers(nowhere)).toEqual({ postgres: undefined, redis: undefined })
  })

  test('is located in PATH first, and then in the newest version that Debian has whole', () => {
    const root = mkdtempSync(join(tmpdir(), 'sallyport-locate-'))
    onTestFinished(() => rmSync(root, { recursive: true }))
    const install = (folder: string, ...programs: string[]) => {
      mkdirSync(join(root, folder), { recursive: true })
      for (const program of programs) writeFileSync(join(root, folder, program), '', { mode: 0o755 })
      return join(root, folder)
    }
    for (const version of ['9.6', '15', '10']) install(`${version}/bin`, 'initdb', 'postgres', 'createdb')
    install('16/bin', 'psql')
    const local = install('local', 'redis-server', 'createdb')
    const places = { path: `:/nowhere:${local}`, debianPostgres: root }
    const redis = join(local, 'redis-server')
    expect(locateServers(places)).toEqual({ postgres: join(root, '15/bin'), redis })
    install('local', 'initdb', 'postgres')
    expect(locateServers(places)).toEqual({ postgres: local, redis })
  })
})
