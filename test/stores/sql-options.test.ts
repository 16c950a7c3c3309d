import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kysely, MysqlDialect, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { type SqlStoreOptions, sqlStore } from 'sallyport/stores/sql'
import { sqliteStore } from 'sallyport/stores/sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import { problemsOf } from '../support/problems.js'
import { SEALING_KEY } from './sql-kit.js'

const sealingKeys = [SEALING_KEY]
const keyRule =
  'must be a list of keys of 32 random bytes in base64, the newest first (openssl rand -base64 32)'

describe('the SQL store', () => {
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new Pool() }) })

  it('tells all that is wrong with its options at once', () => {
    const options = { sealingKeys: ['short'], clock: {}, migrate: 'no', tablePrefix: 'x' }
    expect(problemsOf(() => sqlStore(undefined as never, options as never))).toEqual([
      'sqlStore must be given an instance of Kysely, and no transaction, before its options',
      'sqlStore.tablePrefix is not an option; known are sealingKeys, clock, migrate',
      `sqlStore.sealingKeys ${keyRule}`,
      'sqlStore.clock must have wallMs() and monotonicMs()',
      'sqlStore.migrate must be true or false',
    ])
  })

  it.each([[undefined], [null], ['options']])('wants options, not %j', (options) => {
    expect(problemsOf(() => sqlStore(kysely, options as never))).toEqual([
      'sqlStore must be given options, at least { sealingKeys }',
    ])
  })

  it.each([[undefined], [[]], [SEALING_KEY]])('does not start with %j for sealing keys', (keys) => {
    const options = { sealingKeys: keys } as SqlStoreOptions
    expect(problemsOf(() => sqlStore(kysely, options))).toEqual([`sqlStore.sealingKeys ${keyRule}`])
  })

  it('refuses a dialect that it does not speak', () => {
    const pool = { getConnection: () => {}, end: () => {} }
    const mysql = new Kysely<unknown>({ dialect: new MysqlDialect({ pool }) })
    expect(problemsOf(() => sqlStore(mysql, { sealingKeys }))).toEqual([
      'sqlStore must be given a Kysely with a dialect for PostgreSQL or SQLite',
    ])
  })
})

describe('the SQLite store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-sql-'))
  afterAll(() => rm(folder, { recursive: true }))

  it('tells all that is wrong with its options at once', () => {
    const options = { file: '', sealingKeys: [], clock: null, migrate: false }
    expect(problemsOf(() => sqliteStore(options as never))).toEqual([
      'sqliteStore.migrate is not an option; known are file, sealingKeys, clock',
      'sqliteStore.file must be the path of a file',
      `sqliteStore.sealingKeys ${keyRule}`,
      'sqliteStore.clock must have wallMs() and monotonicMs()',
    ])
    expect(problemsOf(() => sqliteStore(undefined as never))).toEqual([
      'sqliteStore must be given options, at least { file, sealingKeys }',
    ])
  })

  it.each([[':memory:'], [''], ['a\0b'], [7], [undefined]])('takes %j for no path', (file) => {
    expect(problemsOf(() => sqliteStore({ file: file as string, sealingKeys }))).toEqual([
      'sqliteStore.file must be the path of a file',
    ])
  })

  it.each([
    ['a folder', ''],
    ['a file in a folder that does not exist', 'missing/store.db'],
    ['a file that is something else', 'text'],
  ])('names its file where that is %s', (_what, name) => {
    writeFileSync(join(folder, 'text'), 'This is a text, and no database. '.repeat(100))
    const problems = problemsOf(() => sqliteStore({ file: join(folder, name), sealingKeys }))
    expect(problems).toEqual([expect.stringMatching(/^sqliteStore\.file cannot be opened: ./)])
  })
})
