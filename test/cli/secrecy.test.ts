import { spawn } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newKey, program, runOnFile, sallyport, scratchFolder, textIn } from './kit.js'

const SECRET = /(?:sk|sec)_[\w-]{43}/g
const folder = scratchFolder()

describe('what is secret', () => {
  it('stands alone on stdout, where a pipe takes it, and not on stderr', async () => {
    const run = runOnFile()
    const key = await run(['keys', 'create', '--account', 'a'])
    expect(key.stdout).toMatch(/^sk_[\w-]{43}\n$/)
    expect(key.stderr).toMatch(/^created cred_[\w-]{22}; its key is shown this once\n$/)
    const pair = await run(['credentials', 'issue', '--account', 'a'])
    expect(pair.stdout).toMatch(/^api_key_[\w-]+\nsec_[\w-]{43}\n$/)
    const [keyId = '', pairId = ''] = [key, pair].map(({ stderr }) => /cred_[\w-]+/.exec(stderr)?.[0])
    const nextKey = await run(['keys', 'rotate', keyId])
    expect(nextKey.stdout).toMatch(/^sk_[\w-]{43}\n$/)
    const nextPair = await run(['credentials', 'rotate', pairId])
    expect(nextPair.stdout).toMatch(/^api_key_[\w-]+\nsec_[\w-]{43}\n$/)
    const sealing = await run(['sealing-key'])
    for (const { stderr } of [key, pair, nextKey, nextPair, sealing]) expect(stderr).not.toMatch(SECRET)
    expect(sealing.stderr).toBe('')
  })

  it('is in one object on stdout with --json, and nothing is beside it', async () => {
    const run = runOnFile()
    const id = textIn(await run(['keys', 'create', '--account', 'a', '--json']), 'credentialId')
    const pairId = textIn(await run(['credentials', 'issue', '--account', 'a', '--json']), 'credentialId')
    for (const args of [
      ['keys', 'rotate', id],
      ['keys', 'rename', id, 'night shift'],
      ['keys', 'disable', id],
      ['keys', 'enable', id],
      ['keys', 'list'],
      ['keys', 'import', 'ab'.repeat(32), '--account', 'a'],
      ['keys', 'revoke', id],
      ['credentials', 'rotate', pairId],
      ['credentials', 'list'],
      ['credentials', 'revoke', pairId],
      ['revoke', '--account', 'a'],
      ['reseal'],
      ['migrate'],
      ['sealing-key'],
      ['doctor'],
    ]) {
      const { code, stdout, stderr } = await run(['--json', ...args])
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' })
      expect(stdout.split('\n')).toEqual([expect.stringMatching(/^\{.*\}$/), ''])
      expect(JSON.parse(stdout)).not.toHaveProperty('error')
    }
  })

  it.runIf(existsSync('/dev/full'))('is not said to be kept where stdout did not take it', async () => {
    const run = runOnFile()
    await run(['migrate'])
    const full = openSync('/dev/full', 'w')
    const env = { SALLYPORT_STORE: `sqlite:${folder}/store.db` }
    for (const flags of [[], ['--json']]) {
      const args = ['keys', 'create', '--account', 'a', ...flags]
      const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', full, 'pipe'] })
      onTestFinished(() => {
        child.kill()
      })
      let stderr = ''
      child.stderr?.on('data', (text) => {
        stderr += text
      })
      expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1)
      expect(stderr).toContain('could not be written to stdout')
      expect(stderr).not.toMatch(SECRET)
    }
  })

  it('has no option on any command', async () => {
    for (const command of ['keys create', 'credentials issue', 'token mint', 'reseal', 'doctor']) {
      const { stdout } = await sallyport([...command.split(' '), '--help'])
      expect(stdout).not.toMatch(/--[a-z-]*(?:secret|password|sealing|token)/)
    }
    const { stderr } = await sallyport(['reseal', '--sealing-keys', newKey()])
    expect(stderr).toBe("error: unknown option '--sealing-keys'; see --help\n")
  })
})
