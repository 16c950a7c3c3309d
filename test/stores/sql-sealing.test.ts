import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sqlStore } from 'sallyport/stores/sql'
import { describe, expect, it } from 'vitest'
import { describeWithServer } from '../support/servers.js'
import {
  CALL,
  describeOnBoth,
  freshFile,
  freshServer,
  OTHER_KEY,
  SEALING_KEY,
  type TestDatabase,
  upTo,
} from './sql-kit.js'

const grant = { accountId: 'acme' }

/** Makes credentials of every kind and age; answers all that nobody may find, and something that is to be found. */
async function fill(database: TestDatabase) {
  const store = database.store()
  const secrets: string[] = []
  const shown: string[] = []
  for (const at of upTo(3)) {
    const pair = await store.issueSharedSecret({ ...grant, name: `pair ${at}` })
    const rotated = await store.rotateSharedSecret(pair.credentialId)
    const again = await store.rotateSharedSecret(pair.credentialId)
    const key = await store.issueApiKey(grant)
    const newKey = await store.rotateApiKey(key.credentialId)
    for (const one of [pair, rotated, again]) secrets.push(one?.sharedSecret ?? 'missing')
    for (const one of [key, newKey]) secrets.push(one?.key ?? 'missing')
    shown.push(pair.keyId)
  }
  return { secrets, shown }
}

/** However a secret may have been written down. */
function formsOf(secret: string): Buffer[] {
  const bytes = Buffer.from(secret)
  return [
    bytes,
    ...(['hex', 'base64', 'base64url'] as const).map((form) => Buffer.from(bytes.toString(form))),
  ]
}

function expectSealed(kept: Buffer, { secrets, shown }: Awaited<ReturnType<typeof fill>>): void {
  for (const text of shown) expect(kept.includes(text)).toBe(true)
  const found = secrets.filter((secret) => formsOf(secret).some((form) => kept.includes(form)))
  expect(found).toEqual([])
}

describe('secrets at rest', () => {
  it('are nowhere in an SQLite file, nor in the files beside it', async () => {
    const database = await freshFile()
    const filled = await fill(database)
    const folder = dirname(database.file)
    const names = readdirSync(folder)
    expect(names).toContain('store.db-wal')
    expectSealed(Buffer.concat(names.map((name) => readFileSync(join(folder, name)))), filled)
  })

  describeWithServer('on PostgreSQL', 'postgres', () => {
    it('are in no row of any table', async () => {
      const database = await freshServer()
      const filled = await fill(database)
      const tables = await database.query(`select tablename from pg_tables where schemaname = 'public'`)
      const rows: string[] = []
      for (const { tablename } of tables) {
        const some = await database.query(`select t::text as row from "${String(tablename)}" t`)
        rows.push(...some.map(({ row }) => String(row)))
      }
      expectSealed(Buffer.from(rows.join('\n')), filled)
    })
  })
})

describeOnBoth('sealed secrets', (fresh) => {
  it('do not open with another key, and everything else goes on', async () => {
    const database = await fresh()
    const store = database.store()
    const pair = await store.issueSharedSecret(grant)
    const key = await store.issueApiKey(grant)
    const other = database.store({ sealingKeys: [OTHER_KEY] })
    const lookup = { kind: 'sharedSecret', keyId: pair.keyId } as const
    const unreadable = new RegExp(`^the credential ${pair.credentialId} cannot be read: .* is not given$`)
    await expect(other.findCredential(lookup, CALL)).rejects.toThrow(unreadable)
    await expect(other.reseal()).rejects.toThrow('is not given')
    expect(await other.describeCredential(key.credentialId)).toMatchObject(grant)
    expect(await other.revoke({ credential: pair.credentialId })).toBe(true)
    expect(await store.findCredential(lookup, CALL)).toMatchObject({ status: 'revoked' })
  })

  it('do not open in the place of another, nor where a row has been tampered with', async () => {
    const database = await fresh()
    const store = database.store()
    const [mine, other] = [await store.issueSharedSecret(grant), await store.issueSharedSecret(grant)]
    await store.rotateSharedSecret(mine.credentialId)
    const find = () => store.findCredential({ kind: 'sharedSecret', keyId: mine.keyId }, CALL)
    const own = `where id = '${mine.credentialId}'`
    const [row] = await database.query(`select secret from sallyport_credential ${own}`)
    for (const secret of [
      `(select secret from sallyport_credential where id = '${other.credentialId}')`,
      `(select older_secret from sallyport_credential ${own})`,
      `'in clear, and long enough to be taken for a secret'`,
      `''`,
    ]) {
      await database.query(`update sallyport_credential set secret = ${secret} ${own}`)
      await expect(find()).rejects.toThrow(`the credential ${mine.credentialId} cannot be read`)
    }
    await database.query(`update sallyport_credential set secret = '${String(row?.secret)}' ${own}`)
    expect(await find()).toMatchObject({ id: mine.credentialId })
    await database.query(`update sallyport_credential set scopes = '"all"' ${own}`)
    await expect(find()).rejects.toThrow('cannot be read')
    await database.query(`update sallyport_credential set scopes = '[]', kind = 'root' ${own}`)
    await expect(find()).rejects.toThrow('it is neither an API key nor a shared secret')
  })

  it('are sealed anew with the newest key, without being changes', async () => {
    const database = await fresh()
    const store = database.store()
    const pairs = [await store.issueSharedSecret(grant), await store.issueSharedSecret(grant)]
    const [rotated] = pairs
    await store.rotateSharedSecret(rotated?.credentialId ?? '')
    await store.issueApiKey(grant)
    const ids = pairs.map(({ credentialId }) => credentialId)
    const before = await Promise.all(ids.map((id) => store.readCredential(id, CALL)))
    const { cursor } = await store.changesSince(null, CALL)
    const both = database.store({ sealingKeys: [OTHER_KEY, SEALING_KEY] })
    expect([await both.reseal(), await both.reseal()]).toEqual([3, 0])
    const newest = database.store({ sealingKeys: [OTHER_KEY] })
    expect(await Promise.all(ids.map((id) => newest.readCredential(id, CALL)))).toEqual(before)
    expect((await newest.changesSince(cursor, CALL)).changes).toEqual([])
    await expect(store.readCredential(ids[0] ?? '', CALL)).rejects.toThrow('is not given')
  })
})

describeWithServer('sealing anew', 'postgres', () => {
  it('leaves alone what is replaced meanwhile, and goes through more than one page', async () => {
    const database = await freshServer()
    const store = database.store()
    const pairs = await Promise.all(upTo(601).map(() => store.issueSharedSecret(grant)))
    // One of the first page.
    const [row] = await database.query('select min(id) as id from sallyport_credential')
    const pair = pairs.find(({ credentialId }) => credentialId === row?.id)
    let replaced: string | undefined
    const kysely = database.kysely({
      // Called when the statement has been answered, and waited for.
      log: async ({ query }) => {
        if (replaced !== undefined || !query.sql.startsWith('select "id", "secret"')) return
        const rotated = await store.rotateSharedSecret(pair?.credentialId ?? '', { overlapSeconds: 0 })
        replaced = rotated?.sharedSecret
      },
    })
    const both = sqlStore(kysely, { sealingKeys: [OTHER_KEY, SEALING_KEY] })
    expect(await both.reseal()).toBe(600)
    const found = await both.findCredential({ kind: 'sharedSecret', keyId: pair?.keyId ?? '' }, CALL)
    expect(found).toMatchObject({ secrets: [replaced] })
    expect(await both.reseal()).toBe(1)
  })
})
