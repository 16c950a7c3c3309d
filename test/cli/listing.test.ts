import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore } from 'sallyport/stores/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newKey, runOn, runOnFile, textIn } from './kit.js'

function sharedFile() {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'store.db')
  const sealingKey = newKey()
  const store = sqliteStore({ file, sealingKeys: [sealingKey] })
  onTestFinished(() => store.close())
  return { store, run: runOn(`sqlite:${file}`, sealingKey) }
}

describe('keys list', () => {
  it('shows what tells keys apart, and no key', async () => {
    const { run, store } = sharedFile()
    const night = await store.issueApiKey({ accountId: 'robots-inc', prefix: 'acto', name: 'night shift' })
    const over = await store.issueApiKey({ accountId: 'other', expiresAtMs: Date.parse('2020-01-31') })
    await store.issueSharedSecret({ accountId: 'robots-inc' })
    const { code, stdout, stderr } = await run(['keys', 'list'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [heads = '', ...rows] = stdout.trimEnd().split('\n')
    expect(heads.split(/ {2,}/)).toEqual([
      'ID',
      'NAME',
      'ACCOUNT',
      'KEY',
      'ROLE',
      'STATUS',
      'CREATED',
      'EXPIRES',
    ])
    const cells = rows.map((row) => row.split(/ {2,}/))
    const created = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(cells).toEqual([
      [
        night.credentialId,
        'night shift',
        'robots-inc',
        `acto…${night.key.slice(-4)}`,
        '-',
        'active',
        created,
        '-',
      ],
      [
        over.credentialId,
        '-',
        'other',
        `sk…${over.key.slice(-4)}`,
        '-',
        'expired',
        created,
        '2020-01-31T00:00:00Z',
      ],
    ])
    for (const { key } of [night, over]) expect(stdout).not.toContain(key)
  })

  it('goes through every page, the oldest first', async () => {
    const { run, store } = sharedFile()
    const issued: string[] = []
    for (let at = 0; at < 405; at++) {
      issued.push((await store.issueApiKey({ accountId: 'robots-inc' })).credentialId)
    }
    const { credentials } = (await run(['keys', 'list', '--json'])).json()
    const ids = (credentials as { id: string }[]).map(({ id }) => id)
    expect(ids).toHaveLength(405)
    expect(new Set(ids)).toEqual(new Set(issued))
  })

  it('lists one account, and revoked ones where it is asked to', async () => {
    const run = runOnFile()
    const make = async (account: string) =>
      textIn(await run(['keys', 'create', '--account', account, '--json']), 'credentialId')
    const [mine, revoked] = [await make('a'), await make('a')]
    await make('b')
    await run(['keys', 'revoke', revoked])
    const idsOf = async (...args: string[]) => {
      const { credentials } = (await run(['keys', 'list', '--json', ...args])).json()
      return (credentials as { id: string }[]).map(({ id }) => id).sort()
    }
    expect(await idsOf('--account', 'a')).toEqual([mine])
    expect(await idsOf('--account', 'a', '--revoked')).toEqual([mine, revoked].sort())
    expect(await idsOf('--account', 'nobody')).toEqual([])
  })

  it('says on stderr that there are none, and is empty for a pipe', async () => {
    const run = runOnFile()
    await run(['migrate'])
    expect(await run(['keys', 'list'])).toMatchObject({ code: 0, stdout: '', stderr: 'no API keys\n' })
    expect(await run(['credentials', 'list'])).toMatchObject({
      stdout: '',
      stderr: 'no shared-secret pairs\n',
    })
  })

  it('shows what a terminal would obey as what it is not', async () => {
    const { run, store } = sharedFile()
    await store.issueApiKey({ accountId: 'a\u001b[2Jb\u202ec' })
    const { stdout } = await run(['keys', 'list'])
    expect(stdout).toContain('a\uFFFD[2Jb\uFFFDc')
  })
})
