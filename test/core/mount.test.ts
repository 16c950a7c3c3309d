import { createGate, type Gate, walletSession } from 'sallyport'
import * as express from 'sallyport/express'
import * as fastify from 'sallyport/fastify'
import * as koa from 'sallyport/koa'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'

const forgeries: readonly unknown[] = [undefined, null, {}, () => ({ type: 'allow' }), memoryStore()]
const SESSIONS = walletSession({ origin: 'https://shop.example', secrets: ['x'.repeat(32)] })
const SIGN_IN = { signIn: true } as const

const mounts: readonly (readonly [name: string, mount: (gate: Gate) => unknown])[] = [
  ['express requireAccess', (gate) => express.requireAccess(gate)],
  ['express optionalAccess', (gate) => express.optionalAccess(gate)],
  ['express routes', (gate) => express.routes(gate, SIGN_IN)],
  ['koa requireAccess', (gate) => koa.requireAccess(gate)],
  ['koa optionalAccess', (gate) => koa.optionalAccess(gate)],
  ['koa routes', (gate) => koa.routes(gate, SIGN_IN)],
  ['fastify requireAccess', (gate) => fastify.requireAccess(gate)],
  ['fastify optionalAccess', (gate) => fastify.optionalAccess(gate)],
]

describe('routes', () => {
  const gate = createGate({ store: memoryStore() })
  it.each<readonly [what: string, groups: unknown, problem: RegExp]>([
    ['nothing', undefined, /^routes must be given the groups/],
    ['no group', {}, /^routes must be given at least one group/],
    ['a group of another name', { sign: true }, /^routes\.sign is not an option/],
    ['a check that is no gate', { check: true }, /^routes\.check must be \{ balance/],
  ])('are not mounted with %s', (_what, groups, problem) => {
    const mount = () => express.routes(gate, groups as never)
    expect(mount).toThrow(
      expect.objectContaining({ problems: expect.arrayContaining([expect.stringMatching(problem)]) }),
    )
  })
})

describe('a mount', () => {
  it.each(mounts)('refuses at start what no createGate has made: %s', (_name, mount) => {
    const code = 'ERR_GATE_OPTIONS'
    for (const forged of forgeries)
      expect(() => mount(forged as Gate)).toThrow(expect.objectContaining({ code }))
    expect(() => mount(createGate({ store: memoryStore(), methods: [SESSIONS] }))).not.toThrow()
  })
})
