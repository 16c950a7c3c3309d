import { createGate, type Gate } from 'sallyport'
import * as express from 'sallyport/express'
import * as fastify from 'sallyport/fastify'
import * as koa from 'sallyport/koa'
import { memoryStore } from 'sallyport/stores/memory'
import { describe, expect, it } from 'vitest'

const forgeries: readonly unknown[] = [undefined, null, {}, () => ({ type: 'allow' }), memoryStore()]
const mounts: readonly (readonly [name: string, mount: (gate: Gate) => unknown])[] = [
  ['express requireAccess', (gate) => express.requireAccess(gate)],
  ['express optionalAccess', (gate) => express.optionalAccess(gate)],
  ['express routes', (gate) => express.routes(gate, {})],
  ['koa requireAccess', (gate) => koa.requireAccess(gate)],
  ['koa optionalAccess', (gate) => koa.optionalAccess(gate)],
  ['koa routes', (gate) => koa.routes(gate, {})],
  ['fastify requireAccess', (gate) => fastify.requireAccess(gate)],
  ['fastify optionalAccess', (gate) => fastify.optionalAccess(gate)],
]

describe('a mount', () => {
  it.each(mounts)('refuses at start what no createGate has made: %s', (_name, mount) => {
    const code = 'ERR_GATE_OPTIONS'
    for (const forged of forgeries)
      expect(() => mount(forged as Gate)).toThrow(expect.objectContaining({ code }))
    expect(() => mount(createGate({ store: memoryStore() }))).not.toThrow()
  })
})
