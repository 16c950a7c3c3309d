import { apiKey, createGate, type Store } from 'sallyport'
import { expect, it } from 'vitest'
import { ALICE } from '../support/addresses.js'
import { codeOf } from '../support/decisions.js'
import { bearer, requestWith, walletHeader } from '../support/requests.js'
import { textIn } from './kit.js'
import { describeStores } from './stores-kit.js'

const gateOver = (store: Store) =>
  createGate({
    store,
    methods: [apiKey({ prefix: 'acto', walletHeader: 'optional' })],
    revocationBoundMs: 0,
    usage: false,
  })

const CREATE = ['keys', 'create', '--account', 'robots-inc', '--prefix', 'acto', '--json']

describeStores((fresh) => {
  it('makes a key that opens a gate until it is revoked', async () => {
    const { run, store } = await fresh()
    const created = await run(CREATE)
    const gate = gateOver(store)
    const request = () => requestWith([bearer(textIn(created, 'key'))])
    expect(await codeOf(gate, request())).toBe('allowed')

    const revoked = await run(['keys', 'revoke', textIn(created, 'credentialId')])
    expect(revoked).toMatchObject({ code: 0, stdout: '', stderr: 'revoked\n' })
    expect(await codeOf(gate, request())).toBe('credential_invalid')
  })

  it('binds a key to what it was made for', async () => {
    const { run, store } = await fresh()
    const created = await run([
      ...[...CREATE, '--wallet', ALICE, '--scope', 'proofs:read', 'proofs:write', '--role', 'robot'],
      ...['--name', 'night shift', '--environment', 'production', '--expires', '90d', '--created-by', 'ops'],
    ])
    const gate = createGate({
      store,
      methods: [apiKey({ prefix: 'acto' })],
      environment: 'production',
      usage: false,
    }).with({ role: 'robot', scopes: ['proofs:read', 'proofs:write'], wallet: 'required' })
    const request = requestWith([bearer(textIn(created, 'key')), walletHeader(ALICE)])
    expect(await codeOf(gate, request)).toBe('allowed')

    const [listed] = (await run(['keys', 'list', '--json'])).json().credentials as Record<string, number>[]
    expect(listed).toMatchObject({ name: 'night shift', createdBy: 'ops', environment: 'production' })
    expect((listed?.expiresAtMs ?? 0) - (listed?.createdAtMs ?? 0)).toBeCloseTo(90 * 86_400_000, -5)
  })

  it('honours the old key beside the new one for the overlap', async () => {
    const { run, store } = await fresh()
    const created = await run(CREATE)
    const id = textIn(created, 'credentialId')
    const gate = gateOver(store)
    const rotated = await run(['keys', 'rotate', id, '--overlap', '7d', '--json'])
    expect(rotated.json()).toMatchObject({ credentialId: id, overlapSeconds: 604_800 })
    const [old, next] = [textIn(created, 'key'), textIn(rotated, 'key')]
    expect(next).not.toBe(old)
    for (const key of [old, next]) expect(await codeOf(gate, requestWith([bearer(key)]))).toBe('allowed')
    const [listed] = (await run(['keys', 'list', '--json'])).json().credentials as Record<string, number>[]
    expect((listed?.olderUntilMs ?? 0) - (listed?.rotatedAtMs ?? 0)).toBe(604_800_000)

    const last = await run(['keys', 'rotate', id, '--overlap', '0'])
    expect(last).toMatchObject({ code: 0, stderr: 'the old key counts no more\n' })
    const codes = [old, next, last.stdout.trim()].map((key) => codeOf(gate, requestWith([bearer(key)])))
    expect(await Promise.all(codes)).toEqual(['credential_invalid', 'credential_invalid', 'allowed'])
  })

  it('refuses a key while it is disabled', async () => {
    const { run, store } = await fresh()
    const created = await run(CREATE)
    const id = textIn(created, 'credentialId')
    const gate = gateOver(store)
    const request = () => requestWith([bearer(textIn(created, 'key'))])
    expect((await run(['keys', 'disable', id, '--json'])).json()).toEqual({
      credentialId: id,
      disabled: true,
    })
    expect(await codeOf(gate, request())).toBe('credential_invalid')
    expect((await run(['keys', 'enable', id, '--json'])).json()).toEqual({ credentialId: id, enabled: true })
    expect(await codeOf(gate, request())).toBe('allowed')
  })

  it('ends all that an account, a wallet, or everybody has', async () => {
    const { run, store } = await fresh()
    const make = async (...args: string[]) => textIn(await run([...CREATE, ...args]), 'key')
    const keys = [
      await make(),
      await make('--account', 'other', '--wallet', ALICE),
      await make('--account', 'third'),
    ]
    const gate = gateOver(store)
    const codes = () => Promise.all(keys.map((key) => codeOf(gate, requestWith([bearer(key)]))))

    const byAccount = await run(['revoke', '--account', 'robots-inc', '--json'])
    expect(byAccount.json()).toEqual({ revoked: { account: 'robots-inc' }, credentials: 1 })
    const typo = await run(['revoke', '--account', 'robots-icn'])
    expect([typo.code, typo.stderr]).toEqual([0, expect.stringContaining('is the name right?')])
    expect(await codes()).toEqual(['credential_invalid', 'allowed', 'allowed'])
    expect((await run(['revoke', '--wallet', ALICE])).code).toBe(0)
    expect(await codes()).toEqual(['credential_invalid', 'credential_invalid', 'allowed'])
    expect((await run(['revoke', '--all', '--yes'])).code).toBe(0)
    expect(await codes()).toEqual(['credential_invalid', 'credential_invalid', 'credential_invalid'])
  })
})
