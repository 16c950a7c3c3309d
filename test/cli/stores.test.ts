import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeWithServer, freshDatabase } from '../support/servers.js'
import { newKey, program, runOn, sallyport, scratchFolder } from './kit.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = scratchFolder()
const PASSWORD = 'hunter2'

describe('the store', () => {
  it('is told by the environment without a word, and with a warning where a password is in argv', async () => {
    const url = `postgres://shop:${PASSWORD}@127.0.0.1:1/shop`
    const inArgv = await sallyport(['keys', 'list', '--store', url])
    expect(inArgv.stderr).toMatch(/^warning: .*SALLYPORT_STORE\nerror: the store: .*ECONNREFUSED/)
    const inEnvironment = await sallyport(['keys', 'list'], { env: { SALLYPORT_STORE: url } })
    expect(inEnvironment).toMatchObject({ code: 1, stdout: '' })
    expect(inEnvironment.stderr).toMatch(/^error: the store: .*ECONNREFUSED/)
    for (const { stderr } of [inArgv, inEnvironment]) expect(stderr).not.toContain(PASSWORD)
  })

  it.each([
    `postgres://shop:${PASSWORD}@127.0.0.1:1/shop`,
    `redis://default:${PASSWORD}@127.0.0.1:1/0`,
    `mysql://shop:${PASSWORD}@127.0.0.1/shop`,
    `postgres:shop:${PASSWORD}@127.0.0.1`,
    `redis://default:${PASSWORD}@127.0.0.1:port`,
    'sqlite:/nonexistent/folder/store.db',
  ])('fails with one sentence and no secret at %#', async (url) => {
    const sealingKey = newKey()
    const env = { SALLYPORT_STORE: url, SALLYPORT_SEALING_KEYS: sealingKey }
    for (const args of [['keys', 'list'], ['keys', 'create', '--account', 'a'], ['doctor']]) {
      const { code, stdout, stderr } = await sallyport([...args, '--json'], { env })
      expect(code).toBeGreaterThan(0)
      expect(() => JSON.parse(stdout)).not.toThrow()
      expect(stderr).toBe('')
      expect(stdout).not.toContain(PASSWORD)
      expect(stdout).not.toContain(sealingKey)
    }
  })

  it('is not made by a command that only looks', async () => {
    const file = join(folder, 'missing.db')
    const run = runOn(`sqlite:${file}`, newKey())
    for (const args of [
      ['keys', 'list'],
      ['keys', 'revoke', 'cred_x'],
      ['revoke', '--all', '--yes'],
      ['doctor'],
    ]) {
      expect((await run(args)).code).toBe(1)
      expect(existsSync(file)).toBe(false)
    }
    expect((await run(['migrate'])).code).toBe(0)
    expect(existsSync(file)).toBe(true)
  })

  it('is waited for no longer than ten seconds', { timeout: 40_000 }, async () => {
    const server = createServer(() => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
    })
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const beganMs = performance.now()
    const runs = [`postgres://shop@127.0.0.1:${port}/shop`, `redis://127.0.0.1:${port}`].map((url) =>
      runOn(url, newKey())(['keys', 'list', '--json']),
    )
    for (const run of await Promise.all(runs)) {
      expect(run.code).toBe(1)
      expect(run.json()).toMatchObject({ error: { code: 'store_unavailable' } })
    }
    expect(performance.now() - beganMs).toBeLessThan(20_000)
  })

  it('asks for the packages it lacks, and for none that it does not need', async () => {
    const project = join(folder, 'lean')
    mkdirSync(join(project, 'node_modules'), { recursive: true })
    cpSync(join(root, 'dist/js'), join(project, 'dist/js'), { recursive: true })
    cpSync(join(root, 'package.json'), join(project, 'package.json'))
    for (const name of ['commander', 'jose', 'lru-cache']) {
      symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name))
    }
    const file = join(project, 'dist/js/cli.js')
    expect(file.endsWith(program.slice(root.length))).toBe(true)
    expect((await sallyport(['sealing-key'], { file })).code).toBe(0)
    for (const [url, packages] of [
      ['postgres://127.0.0.1:1/shop', 'pg kysely'],
      ['redis://127.0.0.1:1', 'ioredis'],
      [`sqlite:${join(folder, 'any.db')}`, 'libsql kysely'],
    ] as const) {
      const args = ['keys', 'create', '--account', 'a', '--json']
      const run = await sallyport(args, { file, env: { SALLYPORT_STORE: url } })
      expect(run.code).toBe(1)
      expect(run.json()).toEqual({
        error: {
          code: 'package_missing',
          message: `this store needs packages that are missing: npm install ${packages}`,
        },
      })
    }
  })
})

describeWithServer('a store in PostgreSQL', 'postgres', () => {
  it('has its tables made by migrate, and by nothing else', async () => {
    const { url, drop } = await freshDatabase()
    onTestFinished(drop)
    const run = runOn(url, newKey())
    for (const args of [
      ['keys', 'list'],
      ['keys', 'create', '--account', 'a'],
      ['keys', 'revoke', 'cred_x'],
    ]) {
      const missing = await run([...args, '--json'])
      expect(missing.code).toBe(1)
      expect(missing.json()).toMatchObject({ error: { code: 'tables_missing' } })
    }
    expect((await run(['migrate', '--json'])).json()).toEqual({ migrated: true })
    expect((await run(['migrate', '--json'])).json()).toEqual({ migrated: true })
    expect((await run(['keys', 'create', '--account', 'a'])).code).toBe(0)
  })
})
