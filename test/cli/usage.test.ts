import { describe, expect, it } from 'vitest'
import { newKey, runOnFile, sallyport, textIn } from './kit.js'

const COMMANDS = [
  ...['create', 'import', 'list', 'rotate', 'rename', 'disable', 'enable', 'revoke'].map(
    (name) => `keys ${name}`,
  ),
  ...['issue', 'list', 'rotate', 'rename', 'disable', 'enable', 'revoke'].map(
    (name) => `credentials ${name}`,
  ),
  ...['revoke', 'token mint', 'sealing-key', 'reseal', 'migrate', 'doctor'],
]

describe('the command line', () => {
  it.each(COMMANDS)('explains %s by an example', async (command) => {
    const { code, stdout, stderr } = await sallyport([...command.split(' '), '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^Usage: sallyport ${command} `))
    expect(stdout).toMatch(new RegExp(`Example.*:\\n  \\$ .*sallyport ${command}`))
    expect(stdout).toContain('--json')
  })

  it('names every command in its help, and its version', async () => {
    const { stdout } = await sallyport(['--help'])
    for (const command of new Set(COMMANDS.map((name) => name.split(' ')[0]))) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    }
    expect((await sallyport(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('shows its help on stderr where a command is missing', async () => {
    for (const args of [[], ['keys'], ['token']]) {
      const { code, stdout, stderr } = await sallyport(args)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(/^Usage: sallyport/)
    }
  })

  it.each([
    { args: [], said: 'a command is missing' },
    { args: ['fly'], said: "unknown command 'fly'" },
    { args: ['keys', 'create'], said: "required option '--account <id>' not specified" },
    { args: ['keys', 'create', '--account', ''], said: 'It must not be empty' },
    { args: ['keys', 'create', '--account', 'a', '--wallet', 'nobody'], said: 'base58 Solana address' },
    { args: ['keys', 'create', '--account', 'a', '--prefix', 'a-b'], said: 'inner underscores' },
    { args: ['keys', 'create', '--account', 'a', '--expires', 'tomorrow'], said: 'RFC 3339' },
    { args: ['keys', 'create', '--account', 'a', '--expires', '2027-02-30'], said: 'RFC 3339' },
    { args: ['keys', 'create', '--account', 'a', '--expires', '2020-01-31'], said: 'in the past' },
    { args: ['keys', 'rotate'], said: 'missing required argument' },
    { args: ['keys', 'rotate', 'cred_x', '--overlap', '31d'], said: '0 to 2592000 seconds' },
    { args: ['keys', 'rename', 'cred_x', ' '], said: 'no space at either end' },
    { args: ['keys', 'import', 'abc', '--account', 'a'], said: '64 lower-case hex digits' },
    { args: ['keys', 'list', '--colour'], said: "unknown option '--colour'" },
    { args: ['revoke'], said: 'exactly one of' },
    { args: ['revoke', '--account', 'a', '--all'], said: 'exactly one of' },
    { args: ['revoke', '--all'], said: '--yes' },
    { args: ['doctor', '--instances', '0'], said: 'a whole number from 1' },
  ])('tells what is wrong with $args', async ({ args, said }) => {
    const { code, stdout, stderr } = await runOnFile()([...args, '--json'])
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'usage', message: expect.stringContaining(said) },
    })
  })

  it('tells it in one line on stderr where JSON is not asked for', async () => {
    for (const args of [
      ['fly'],
      ['keys', 'create'],
      ['keys', 'create', '--account', 'a', '--expires', 'soon'],
    ]) {
      const { code, stdout, stderr } = await runOnFile()(args)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(/^error: [^\n]+\n$/)
    }
  })

  it('asks which store is meant, and for the sealing keys where it needs them', async () => {
    const asked = await sallyport(['keys', 'list'])
    expect(asked).toMatchObject({ code: 2, stdout: '' })
    expect(asked.stderr).toContain('SALLYPORT_STORE')
    const store = ['--store', 'sqlite:./nowhere/store.db']
    const issue = ['credentials', 'issue', '--account', 'a', ...store]
    const unsealed = await sallyport(issue)
    expect(unsealed).toMatchObject({ code: 2, stdout: '' })
    expect(unsealed.stderr).toContain('SALLYPORT_SEALING_KEYS is not set')
    const key = 'not-a-key-of-32-bytes'
    const malformed = await sallyport(issue, { env: { SALLYPORT_SEALING_KEYS: key } })
    expect(malformed).toMatchObject({ code: 2, stdout: '' })
    expect(malformed.stderr).not.toContain(key)
  })

  it('refuses a memory store, which nobody else can open', async () => {
    for (const url of ['memory', 'sqlite::memory:']) {
      const { code, stderr } = await sallyport(['keys', 'list', '--store', url])
      expect(code).toBe(2)
      expect(stderr).toContain('memory store')
    }
  })

  it('tells unknown, revoked and wrong kinds of credentials apart', async () => {
    const run = runOnFile()
    const key = textIn(await run(['keys', 'create', '--account', 'a', '--json']), 'credentialId')
    const pair = textIn(await run(['credentials', 'issue', '--account', 'a', '--json']), 'credentialId')
    const codeFor = async (...args: string[]) => {
      const { code, stdout } = await run([...args, '--json'])
      return [code, JSON.parse(stdout).error?.code]
    }
    for (const command of ['rotate', 'disable', 'enable', 'revoke']) {
      expect(await codeFor('keys', command, 'cred_none')).toEqual([1, 'credential_unknown'])
    }
    expect(await codeFor('keys', 'rename', 'cred_none', 'x')).toEqual([1, 'credential_unknown'])
    expect((await run(['keys', 'rotate', 'cred_none'])).stderr).toBe('error: no credential of this id\n')
    expect(await codeFor('keys', 'rotate', pair)).toEqual([1, 'credential_kind'])
    expect(await codeFor('credentials', 'rotate', key)).toEqual([1, 'credential_kind'])
    await run(['keys', 'revoke', key])
    expect(await codeFor('keys', 'enable', key)).toEqual([1, 'credential_revoked'])
    expect(await codeFor('keys', 'rotate', key)).toEqual([1, 'credential_revoked'])
  })

  it('takes a key over by its digest, once', async () => {
    const run = runOnFile()
    const args = ['keys', 'import', 'ab'.repeat(32), '--account', 'a', '--last-four', 'wxyz', '--json']
    const imported = await run(args)
    const listed = await run(['keys', 'list', '--json'])
    expect(listed.json().credentials).toMatchObject([
      { id: textIn(imported, 'credentialId'), lastFour: 'wxyz', prefix: null },
    ])
    const again = await run(args)
    expect(again.code).toBe(1)
    expect(again.json()).toMatchObject({ error: { code: 'credential_exists' } })
  })

  it('prints sealing keys that a store accepts, another each time', async () => {
    const [first, second] = [await sallyport(['sealing-key']), await sallyport(['sealing-key', '--json'])]
    expect(first.stdout).toMatch(/^[A-Za-z0-9+/]{43}=\n$/)
    expect(textIn(second, 'sealingKey')).not.toBe(first.stdout.trim())
    const run = runOnFile()
    const env = { SALLYPORT_SEALING_KEYS: `${first.stdout.trim()},${newKey()}` }
    expect((await run(['credentials', 'issue', '--account', 'a'], { env })).code).toBe(0)
  })
})
