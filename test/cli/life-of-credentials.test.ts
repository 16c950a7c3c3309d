import { createGate, type Store, sharedSecretJwt } from 'sallyport'
import { expect, it } from 'vitest'
import { codeOf } from '../support/decisions.js'
import { bearer, requestWith } from '../support/requests.js'
import { newKey, type Run, sallyport, textIn } from './kit.js'
import { describeStores } from './stores-kit.js'

const gateOver = (store: Store) =>
  createGate({ store, methods: [sharedSecretJwt()], revocationBoundMs: 0, usage: false })

const ISSUE = ['credentials', 'issue', '--account', 'acme-pay', '--role', 'processor']

async function mint(keyId: string, secret: string): Promise<string> {
  const { stdout } = await sallyport(['token', 'mint', '--key-id', keyId], { stdin: `${secret}\n` })
  return stdout.trim()
}

const pairIn = (run: Run) => [textIn(run, 'keyId'), textIn(run, 'sharedSecret')] as const

describeStores((fresh) => {
  it('issues a pair whose tokens open a gate until it is revoked', async () => {
    const { run, store } = await fresh()
    const issued = await run(ISSUE)
    const [keyId = '', secret = '', ...rest] = issued.stdout.trimEnd().split('\n')
    expect([keyId, secret]).toEqual([expect.stringMatching(/^api_key_/), expect.stringMatching(/^sec_/)])
    expect(rest).toEqual([])
    expect(issued.stderr).not.toContain(secret)

    const gate = gateOver(store).with({ role: 'processor' })
    const token = await mint(keyId, secret)
    // A request of its own each time: the guards of one share what the first has found.
    const ask = () => codeOf(gate, requestWith([bearer(token)]))
    expect(await ask()).toBe('allowed')

    const [, id = ''] = /issued (cred_[\w-]+);/.exec(issued.stderr) ?? []
    expect((await run(['credentials', 'revoke', id])).code).toBe(0)
    expect(await ask()).toBe('credential_invalid')
  })

  it('honours the old secret beside the new one for the overlap', async () => {
    const { run, store } = await fresh()
    const issued = await run([...ISSUE, '--json'])
    const id = textIn(issued, 'credentialId')
    const rotated = await run(['credentials', 'rotate', id, '--json'])
    const last = await run(['credentials', 'rotate', id, '--overlap', '0', '--json'])
    expect(textIn(rotated, 'keyId')).toBe(textIn(issued, 'keyId'))
    expect(rotated.json().overlapSeconds).toBe(86_400)

    const tokens = await Promise.all([issued, rotated, last].map((pair) => mint(...pairIn(pair))))
    const codes = tokens.map((token) => codeOf(gateOver(store), requestWith([bearer(token)])))
    expect(await Promise.all(codes)).toEqual(['credential_invalid', 'credential_invalid', 'allowed'])
  })

  it('ends a credential where the sealing keys are not at hand, and shows none', async () => {
    const { run } = await fresh()
    const issued = await run([...ISSUE, '--json'])
    const without = { env: { SALLYPORT_SEALING_KEYS: '' } }
    expect((await run(['credentials', 'list'], without)).code).toBe(1)
    expect((await run(['credentials', 'revoke', textIn(issued, 'credentialId')], without)).code).toBe(0)
    const listed = await run(['credentials', 'list', '--revoked', '--json'])
    expect(listed.json().credentials).toMatchObject([{ status: 'revoked' }])
  })

  it('seals secrets anew, so that the older key can be dropped', async () => {
    const { run, sealingKey } = await fresh()
    const issued = await run([...ISSUE, '--json'])
    const newer = newKey()
    const withNewer = { env: { SALLYPORT_SEALING_KEYS: newer } }
    const shut = await run(['credentials', 'list', '--json'], withNewer)
    expect(shut.code).toBe(1)
    expect(shut.json()).toMatchObject({ error: { code: 'store_unavailable' } })
    expect(shut.stdout).toMatch(
      /sealed with the key \w+, which is not given: add it to SALLYPORT_SEALING_KEYS/,
    )

    const both = { env: { SALLYPORT_SEALING_KEYS: `${newer}, ${sealingKey}` } }
    expect((await run(['reseal', '--json'], both)).json()).toEqual({ resealed: 1 })
    const listed = await run(['credentials', 'list', '--json'], withNewer)
    expect(listed.json().credentials).toMatchObject([{ keyId: textIn(issued, 'keyId'), role: 'processor' }])
    expect(listed.stdout).not.toContain(textIn(issued, 'sharedSecret'))
  })
})
