import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkNodeVersion } from '../../src/cli/doctor/node-version.js'
import { diagnose, ORIGIN, SESSION_SECRET } from './doctor-kit.js'
import { newKey, sallyport, scratchFolder } from './kit.js'

const folder = scratchFolder()
const url = `sqlite:${join(folder, 'store.db')}`

describe('doctor', () => {
  it('finds nothing wrong with a sound configuration, and changes nothing', async () => {
    const env = {
      SALLYPORT_STORE: url,
      SALLYPORT_SEALING_KEYS: newKey(),
      SALLYPORT_ORIGIN: ORIGIN,
      SALLYPORT_SESSION_SECRETS: SESSION_SECRET,
    }
    await sallyport(['credentials', 'issue', '--account', 'a'], { env })
    const { run } = await diagnose([], env)
    expect(run.json()).toMatchObject({ ok: true })
    expect(run.stdout).not.toMatch(/"(?:warning|problem)"/)

    const inWords = await sallyport(['doctor'], { env })
    expect(inWords).toMatchObject({ code: 0, stderr: '' })
    expect(inWords.stdout).toMatch(/^ok {7}node .*\n(?:ok .*\n)+problems: 0, warnings: 0\n$/)
  })

  it('tells in words what will hurt and what to do', async () => {
    const { code, stdout } = await sallyport([
      'doctor',
      '--instances',
      '2',
      '--origin',
      'http://shop.example',
    ])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^problem {2}store +no store is named: .*\n +-> use SQLite/m)
    expect(stdout).toMatch(/^problem {2}origin +the origin is not https: .*\n +-> /m)
    expect(stdout).toMatch(/^warning|problems: \d, warnings: \d\n$/m)
  })

  it.each([
    { store: undefined, instances: '1', status: 'warning', said: 'gone when the process ends' },
    { store: undefined, instances: '2', status: 'problem', said: 'replayed' },
    { store: 'memory', instances: '1', status: 'warning', said: 'in memory' },
    { store: 'memory', instances: '3', status: 'problem', said: 'each of 3 instances' },
    { store: url, instances: '1', status: 'ok', said: 'SQLite' },
    { store: url, instances: '2', status: 'warning', said: 'several machines' },
  ])(
    'says $status of the store $store for $instances instances',
    async ({ store, instances, status, said }) => {
      const { of } = await diagnose([], {
        SALLYPORT_INSTANCES: instances,
        ...(store !== undefined && { SALLYPORT_STORE: store }),
      })
      expect(of('store')).toMatchObject([{ status, detail: expect.stringContaining(said) }])
    },
  )

  it.each([
    { origin: undefined, status: 'warning', said: 'no origin' },
    { origin: '', status: 'warning', said: 'no origin' },
    { origin: 'https://api.shop.example', status: 'ok', said: 'https' },
    { origin: 'http://localhost:3000', status: 'ok', said: 'loopback' },
    { origin: 'http://api.shop.example', status: 'problem', said: 'not https' },
    { origin: 'https://api.shop.example/', status: 'problem', said: 'a slash at its end' },
    { origin: 'https://api.shop.example/v1', status: 'problem', said: 'a path' },
    { origin: 'https://ops:hunter2@api.shop.example', status: 'problem', said: 'without a password' },
    { origin: 'api.shop.example', status: 'problem', said: 'no http or https URL' },
  ])('says $status of the origin $origin', async ({ origin, status, said }) => {
    const { run, of } = await diagnose([], origin === undefined ? {} : { SALLYPORT_ORIGIN: origin })
    expect(of('origin')).toMatchObject([{ status, detail: expect.stringContaining(said) }])
    expect(run.stdout + run.stderr).not.toContain('hunter2')
  })

  it('says that production is not on this very machine', async () => {
    const { of } = await diagnose(['--environment', 'production', '--origin', 'http://localhost:3000'])
    expect(of('origin')).toMatchObject([{ status: 'warning' }])
  })

  it.each([
    { secrets: '', status: 'problem', said: 'no session secret' },
    { secrets: SESSION_SECRET, status: 'ok', said: 'long' },
    { secrets: SESSION_SECRET.slice(0, 31), status: 'problem', said: 'less than 32 bytes' },
    {
      secrets: `${SESSION_SECRET},${'a'.repeat(64)}`,
      status: 'problem',
      said: 'session secret 2 looks guessable',
    },
    { secrets: 'change-me-this-is-my-session-secret', status: 'problem', said: 'guessable' },
  ])('says $status of session secrets such as $secrets', async ({ secrets, status, said }) => {
    const { run, of } = await diagnose(['--origin', ORIGIN], { SALLYPORT_SESSION_SECRETS: secrets })
    expect(of('session-secrets')).toMatchObject([{ status, detail: expect.stringContaining(said) }])
    for (const secret of secrets.split(',').filter((one) => one !== ''))
      expect(run.stdout).not.toContain(secret)
  })

  it('asks for no session secret where wallets do not sign in', async () => {
    const { of } = await diagnose([])
    expect(of('session-secrets')).toMatchObject([{ status: 'warning' }])
  })

  it.each([
    { keys: '', said: 'no sealing key' },
    { keys: 'c2hvcnQ=', said: 'not 32 bytes' },
    { keys: Buffer.alloc(32, 7).toString('base64'), said: 'not random' },
  ])('finds that sealing keys are such as $keys', async ({ keys, said }) => {
    const { of } = await diagnose([], { SALLYPORT_STORE: url, SALLYPORT_SEALING_KEYS: keys })
    expect(of('sealing-keys')).toMatchObject([{ status: 'problem', detail: expect.stringContaining(said) }])
  })

  it('finds that a stored secret is sealed with a key that is not given', async () => {
    const env = { SALLYPORT_STORE: `sqlite:${join(folder, 'sealed.db')}`, SALLYPORT_SEALING_KEYS: newKey() }
    await sallyport(['credentials', 'issue', '--account', 'a'], { env })
    expect((await diagnose([], env)).of('sealing-keys')).toMatchObject([{ status: 'ok' }])
    const { of } = await diagnose([], { ...env, SALLYPORT_SEALING_KEYS: newKey() })
    expect(of('sealing-keys')).toMatchObject([
      {
        status: 'problem',
        detail: expect.stringMatching(/sealed with the key [0-9a-f]{12}, which is not given/),
      },
    ])
  })

  it('finds credentials that do not exist in the environment', async () => {
    const env = { SALLYPORT_STORE: `sqlite:${join(folder, 'staged.db')}`, SALLYPORT_SEALING_KEYS: newKey() }
    await sallyport(['keys', 'create', '--account', 'a', '--environment', 'staging'], { env })
    await sallyport(['keys', 'create', '--account', 'a'], { env })
    const found = async (environment: string) =>
      (await diagnose([], { ...env, SALLYPORT_ENVIRONMENT: environment })).of('environment')
    expect(await found('staging')).toMatchObject([{ status: 'ok' }])
    for (const environment of ['production', '']) {
      expect(await found(environment)).toMatchObject([
        { status: 'warning', detail: expect.stringContaining('1 of 2 credentials') },
      ])
    }
  })

  it('finds that Node is too old', () => {
    const statusOf = (version: string) => checkNodeVersion({ node: { version, range: '>=20.19' } })[0]?.status
    for (const version of ['20.18.3', '18.99.0', '4.0.0']) expect(statusOf(version)).toBe('problem')
    for (const version of ['20.19.0', '20.20.2', '22.0.0', '26.1.0']) expect(statusOf(version)).toBe('ok')
  })
})
