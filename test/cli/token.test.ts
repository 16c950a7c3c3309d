import { spawn } from 'node:child_process'
import { createGate, sharedSecretJwt } from 'sallyport'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../support/decisions.js'
import { bearer, requestWith } from '../support/requests.js'
import { program, sallyport, textIn } from './kit.js'

const SECRET = 'sec_7ySnSgq0D5mWvQk1oB3rXcTtUuJhZl9eFaPiLwNbMxY'

const payloadOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

describe('token mint', () => {
  it('makes tokens that a gate accepts, with the secret from stdin or the environment', async () => {
    const store = memoryStore()
    const { keyId, sharedSecret } = await store.issueSharedSecret({ accountId: 'acme-pay' })
    const gate = createGate({ store, methods: [sharedSecretJwt()] })
    const args = ['token', 'mint', '--key-id', keyId]
    const minted = [
      await sallyport(args, { stdin: sharedSecret }),
      await sallyport(args, { stdin: `${sharedSecret}\r\n` }),
      await sallyport(args, { env: { SALLYPORT_SHARED_SECRET: sharedSecret } }),
    ]
    for (const { code, stdout, stderr } of minted) {
      expect(code).toBe(0)
      expect(stderr).toMatch(/^expires at [\d-]+T[\d:]+Z\n$/)
      expect(await codeOf(gate, requestWith([bearer(stdout.trimEnd())]))).toBe('allowed')
    }
  })

  it('makes tokens for an audience, that count once, and name the key by another claim', async () => {
    const store = memoryStore()
    const { keyId, sharedSecret } = await store.issueSharedSecret({ accountId: 'acme-pay' })
    const methods = [sharedSecretJwt({ audience: 'https://api.shop', replay: 'jti', keyIdClaim: 'key' })]
    const gate = createGate({ store, methods })
    const { stdout } = await sallyport(
      [
        'token',
        'mint',
        '--key-id',
        keyId,
        '--audience',
        'https://api.shop',
        '--jti',
        '--key-id-claim',
        'key',
      ],
      { stdin: sharedSecret },
    )
    const request = () => requestWith([bearer(stdout.trimEnd())])
    expect(await codeOf(gate, request())).toBe('allowed')
    expect(await codeOf(gate, request())).toBe('credential_replayed')
  })

  it('lets them live for five minutes, or as long as it is told', async () => {
    const lifetimeOf = async (...args: string[]) => {
      const run = await sallyport(['token', 'mint', '--key-id', 'k', '--json', ...args], { stdin: SECRET })
      const { issuedAt, expiresAt, keyId } = run.json()
      expect(payloadOf(textIn(run, 'token'))).toEqual({ key_id: 'k', iat: issuedAt, exp: expiresAt })
      expect(keyId).toBe('k')
      return Number(expiresAt) - Number(issuedAt)
    }
    expect(await lifetimeOf()).toBe(300)
    expect(await lifetimeOf('--lifetime', '1')).toBe(1)
    expect(await lifetimeOf('--lifetime', '1h')).toBe(3_600)
  })

  it.each(['0', '3601', '2h', '-5', '1.5', 'soon'])('refuses a lifetime of %s', async (lifetime) => {
    const run = await sallyport(['token', 'mint', '--key-id', 'k', `--lifetime=${lifetime}`], {
      stdin: SECRET,
    })
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toContain('It must be 1 to 3600 seconds')
  })

  it('says where the secret belongs when there is none', async () => {
    const run = await sallyport(['token', 'mint', '--key-id', 'k'])
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).toContain('neither piped in nor in SALLYPORT_SHARED_SECRET')
  })

  it('refuses a secret that no gate would accept, and more than one line', async () => {
    const mint = (stdin: string) => sallyport(['token', 'mint', '--key-id', 'k', '--json'], { stdin })
    const short = await mint('x'.repeat(31))
    expect(short.code).toBe(1)
    expect(short.json()).toMatchObject({ error: { code: 'secret_short' } })
    const pair = await mint(`api_key_0123456789abcdef01234567\n${SECRET}\n`)
    expect(pair).toMatchObject({ code: 2, stderr: '' })
    expect(pair.json()).toMatchObject({ error: { code: 'usage' } })
    expect(pair.stdout).not.toContain(SECRET)
  })

  it('has no option for the secret, and repeats none that is given as one', async () => {
    for (const args of [
      ['--secret', SECRET],
      [`--secret=${SECRET}`],
      [`--shared-secret=short1`],
      [SECRET],
      ['--lifetime', SECRET],
    ]) {
      const run = await sallyport(['token', 'mint', '--key-id', 'k', ...args], { stdin: SECRET })
      expect(run).toMatchObject({ code: 2, stdout: '' })
      expect(run.stderr).not.toMatch(/7ySnSgq0|short1/)
    }
    const { stdout } = await sallyport(['token', 'mint', '--help'])
    expect(stdout).not.toMatch(/--[a-z-]*secret/)
    expect(stdout).toContain('SALLYPORT_SHARED_SECRET')
  })

  it('refuses the secret where the key_id belongs', async () => {
    const run = await sallyport(['token', 'mint', '--key-id', SECRET], { stdin: SECRET })
    expect(run).toMatchObject({ code: 2, stdout: '' })
    expect(run.stderr).not.toContain(SECRET)
  })

  it.runIf(process.platform === 'linux')(
    'asks for a pipe where it would have to read from a terminal',
    async () => {
      // `script` gives the program a terminal.
      const command = `"${process.execPath}" "${program}" token mint --key-id k`
      const child = spawn('script', ['-qec', command, '/dev/null'], { env: { PATH: process.env.PATH } })
      let said = ''
      child.stdout.on('data', (text) => {
        said += text
      })
      const code = await new Promise((resolve) => child.on('close', resolve))
      expect(code).toBe(2)
      expect(said).toContain('pipe it in')
    },
  )
})
