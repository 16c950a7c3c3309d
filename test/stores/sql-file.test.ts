import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openFile } from '../../src/stores/sql/file.js'
import { CALL, countOf, freshFile, SEALING_KEY, upTo } from './sql-kit.js'

const built = new URL('../../dist/js/stores/sqlite.js', import.meta.url)
const HOUR = 3_600_000

/** A process of its own that has opened `file` as `store`. */
function startProcess(file: string, code: string): ChildProcess & { readonly lines: AsyncIterable<string> } {
  expect(existsSync(fileURLToPath(built)), 'run `npm run build` first').toBe(true)
  const script = `
    import { sqliteStore } from ${JSON.stringify(built.href)}
    const store = sqliteStore(${JSON.stringify({ file, sealingKeys: [SEALING_KEY] })})
    const call = { signal: new AbortController().signal }
    const tell = (what) => process.stdout.write(JSON.stringify(what) + '\\n')
    ${code}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return Object.assign(child, { lines: createInterface({ input: child.stdout }) })
}

async function answerOf(child: ReturnType<typeof startProcess>): Promise<unknown> {
  const exited = once(child, 'exit')
  const lines: unknown[] = []
  for await (const line of child.lines) lines.push(JSON.parse(line))
  expect(await exited).toEqual([0, null])
  return lines.at(-1)
}

describe('an SQLite file', () => {
  it('is written to the disk before anything is acknowledged', async () => {
    const { file } = await freshFile()
    const connection = openFile(file)
    const settings = ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout'].map((name) =>
      Object.values((connection.pragma(name) as object[])[0] ?? {}),
    )
    connection.close()
    // `synchronous = 2` is FULL. Nothing waits on the thread of the event loop for another connection.
    expect(settings).toEqual([['wal'], [2], [1], [0]])
  })

  it('is shared by two processes, which see to it together that what is single is single', async () => {
    const { file, store: open } = await freshFile()
    const code = `
      const claimed = []
      const jobs = Array.from({ length: 60 }, async (_, at) => {
        await store.issueApiKey({ accountId: 'acme' })
        if (await store.claim('key ' + at, Date.now() + 60_000, call)) claimed.push(at)
        const count = { credentialId: 'c', hourMs: ${HOUR}, route: 'r', outcome: 'o', count: 1, lastUsedAtMs: at }
        await store.addUsage({ id: 'shared ' + at, counts: [count], forgetHoursBeforeMs: 0 }, call)
        await store.addUsage({ id: process.pid + ' ' + at, counts: [count], forgetHoursBeforeMs: 0 }, call)
        const added = await store.addCredential({
          kind: 'apiKey', id: 'cred ' + process.pid + ' ' + at, digest: 'digest ' + at % 20, accountId: 'a',
          wallets: [], role: null, scopes: [], environment: null, expiresAtMs: null, status: 'active', name: null,
          createdAtMs: at, createdBy: null, rotatedAtMs: null, revokedAtMs: null, version: 1, prefix: null,
          lastFour: null, older: null,
        }, 15, call)
        return added
      })
      const added = await Promise.all(jobs)
      await store.close()
      tell({ claimed, added: added.filter((what) => what === 'added').length })`
    const answers = await Promise.all([startProcess(file, code), startProcess(file, code)].map(answerOf))
    const [one, other] = answers as { readonly claimed: number[]; readonly added: number }[]
    expect([...(one?.claimed ?? []), ...(other?.claimed ?? [])].sort((a, b) => a - b)).toEqual(upTo(60))
    expect((one?.added ?? 0) + (other?.added ?? 0)).toBe(15)
    const store = open()
    const { credentials } = await store.describeCredentials({ accountId: 'acme', limit: 1000 })
    expect(credentials).toHaveLength(120)
    const sums = await store.readUsage({ credentialIds: ['c'] }, CALL)
    expect(sums.map(({ count }) => count)).toEqual([180])
    const { changes, cursor } = await store.changesSince(null, CALL)
    expect([changes.length, Number(cursor) >= 135]).toEqual([135, true])
  })

  it('keeps all that was acknowledged by a process that is killed', async () => {
    const { file, store: open } = await freshFile()
    const child = startProcess(
      file,
      `for (let at = 0; ; at++) {
        const { credentialId: id } = await store.issueSharedSecret({ accountId: 'acme' })
        if (at % 2 === 1) await store.revoke({ credential: id })
        await store.claim(id, Date.now() + 60_000, call)
        tell({ id, isRevoked: at % 2 === 1 })
      }`,
    )
    const exited = once(child, 'exit')
    const kept: { readonly id: string; readonly isRevoked: boolean }[] = []
    for await (const line of child.lines) {
      // The last line may be cut off.
      if (line.endsWith('}')) kept.push(JSON.parse(line))
      if (kept.length === 40) child.kill('SIGKILL')
    }
    expect(await exited).toEqual([null, 'SIGKILL'])
    const store = open()
    for (const { id, isRevoked } of kept) {
      const entry = await store.readCredential(id, CALL)
      expect(entry).toMatchObject({ id, status: isRevoked ? 'revoked' : 'active' })
      expect(await store.claim(id, 0, CALL)).toBe(false)
    }
    expect(kept.length).toBeGreaterThanOrEqual(40)
  })
})

describe('two stores of one process on one file', () => {
  it('change it at the same time, and each goes on to see what the other changes', async () => {
    const { store } = await freshFile()
    const stores = [store(), store()] as const
    await Promise.all(
      upTo(100).map(async (at) => {
        const [mine, other] = at % 2 === 0 ? stores : ([stores[1], stores[0]] as const)
        const { credentialId } = await mine.issueSharedSecret({ accountId: 'acme' })
        expect(await other.revoke({ credential: credentialId })).toBe(true)
        expect(await mine.readCredential(credentialId, CALL)).toMatchObject({ status: 'revoked' })
      }),
    )
    const pages = await Promise.all(stores.map((one) => one.changesSince(null, CALL)))
    expect(pages.map(({ changes }) => changes.length)).toEqual([100, 100])
    expect(pages[0]).toEqual(pages[1])
  })

  it('keep reading, and keep the process going, while somebody else is writing', async () => {
    const database = await freshFile()
    const store = database.store()
    const { credentialId } = await store.issueApiKey({ accountId: 'acme' })
    const writer = database.connect()
    writer.exec('begin immediate')
    const claimed = store.claim('key', 1, CALL)
    const revoked = store.revoke({ credential: credentialId })
    for (const _ of upTo(20)) {
      expect(await store.readCredential(credentialId, CALL)).toMatchObject({ status: 'active' })
    }
    writer.exec('commit')
    expect([await claimed, await revoked]).toEqual([true, true])
    expect(await store.readCredential(credentialId, CALL)).toMatchObject({ status: 'revoked' })
  })

  it('try no longer for a caller who has given up', async () => {
    const database = await freshFile()
    const store = database.store()
    await store.migrate()
    const writer = database.connect()
    writer.exec('begin immediate')
    const caller = new AbortController()
    const claimed = store.claim('key', 1, { signal: caller.signal })
    caller.abort()
    await expect(claimed).rejects.toThrow('locked')
    writer.exec('rollback')
    expect(await countOf(database, 'sallyport_claim')).toBe(0)
  })

  it('answer nothing any more once they are closed, and close once', async () => {
    const { store: open } = await freshFile()
    const [store, other] = [open(), open()]
    const issuing = store.issueApiKey({ accountId: 'acme' })
    await issuing
    const late = store.issueApiKey({ accountId: 'acme' })
    await Promise.all([store.close(), store.close()])
    await late
    await expect(store.claim('key', 1, CALL)).rejects.toThrow('not open')
    expect((await other.describeCredentials()).credentials).toHaveLength(2)
  })
})
