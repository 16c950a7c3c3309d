import { once } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../src/client/index.js'
import { timerSleep } from '../../src/client/wait.js'
import { clientOf, outage, serve } from './kit.js'

afterEach(() => void vi.useRealTimers())

const STOP = new Error('the caller has had enough')

describe("the caller's signal", () => {
  it('ends a call before anything is sent', async () => {
    const server = await serve({})
    const { client } = clientOf(server)
    await expect(client.get('/', { signal: AbortSignal.abort(STOP) })).rejects.toBe(STOP)
    const request = new Request(`${server.origin}/`, { signal: AbortSignal.abort(STOP) })
    await expect(client.fetch(request)).rejects.toBe(STOP)
    expect(server.requests).toEqual([])
  })

  it('ends a call that waits for an answer', async () => {
    const controller = new AbortController()
    const server = await serve(() => {
      controller.abort(STOP)
      return undefined
    })
    await expect(clientOf(server).client.get('/', { signal: controller.signal })).rejects.toBe(STOP)
    expect(server.requests).toHaveLength(1)
  })

  it.each([
    ['a body that comes slowly', 200],
    ['the body of an error', 403],
  ])('ends %s', async (_what, status) => {
    const controller = new AbortController()
    const server = await serve((_seen, response) => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).write('{')
      return undefined
    })
    const { client } = clientOf(server, {
      fetch: async (...given) => {
        const response = await fetch(...given)
        setImmediate(() => controller.abort(STOP))
        return response
      },
    })
    await expect(client.get('/', { signal: controller.signal })).rejects.toBe(STOP)
    expect(server.requests).toHaveLength(1)
  })

  it('ends a wait between two tries, whatever waits', async () => {
    const server = await serve(outage())
    for (const patient of [true, false]) {
      const controller = new AbortController()
      const sleep = (_ms: number, { signal }: { signal: AbortSignal | undefined }) => {
        expect(signal?.aborted).toBe(false)
        queueMicrotask(() => controller.abort(STOP))
        return new Promise<void>((resolve) => {
          if (!patient) signal?.addEventListener('abort', () => resolve())
        })
      }
      const { client } = clientOf(server, { sleep })
      await expect(client.get('/', { signal: controller.signal })).rejects.toBe(STOP)
    }
    expect(server.requests).toHaveLength(2)
  })

  it('clears the timer that it waited on', async () => {
    vi.useFakeTimers()
    const controller = new AbortController()
    timerSleep(60_000, { signal: controller.signal })
    expect(vi.getTimerCount()).toBe(1)
    controller.abort(STOP)
    expect(vi.getTimerCount()).toBe(0)
    const waited = timerSleep(60_000, { signal: new AbortController().signal })
    vi.advanceTimersByTime(60_000)
    await waited
  })

  it('ends the body of a response that was handed out already', async () => {
    let closed: Promise<unknown> | undefined
    const server = await serve((_seen, response) => {
      response.writeHead(200).write('first ')
      closed = once(response, 'close')
      return undefined
    })
    const controller = new AbortController()
    const response = await clientOf(server).client.fetch('/', { signal: controller.signal })
    const body = response.text()
    controller.abort(STOP)
    await expect(body).rejects.toBe(STOP)
    await closed
  })

  it('ends a token that does not come', async () => {
    const server = await serve({})
    const controller = new AbortController()
    const accessToken = () => {
      controller.abort(STOP)
      return new Promise<string>(() => {})
    }
    const client = createClient({ baseUrl: server.origin, accessToken })
    await expect(client.get('/', { signal: controller.signal })).rejects.toBe(STOP)
  })

  it('may serve many calls at once without a warning', async () => {
    const server = await serve({})
    const { client } = clientOf(server)
    const { signal } = new AbortController()
    const warnings: Error[] = []
    const hear = (warning: Error) => void warnings.push(warning)
    process.on('warning', hear)
    await Promise.all(Array.from({ length: 40 }, () => client.get('/', { signal })))
    await new Promise(setImmediate)
    process.off('warning', hear)
    expect(warnings).toEqual([])
  })
})

describe('the time of a try', () => {
  it('ends at its timeout even where a fetch of its own ignores signals', async () => {
    const server = await serve({})
    const { client } = clientOf(server, { timeoutMs: 50, maxRetries: 0, fetch: () => new Promise(() => {}) })
    await expect(client.get('/')).rejects.toMatchObject({ code: 'network_timeout' })
  })

  it('is anew for each try', async () => {
    const server = await serve('hang', 'hang', {})
    const { client, waits } = clientOf(server, { timeoutMs: 100 })
    expect(await client.get('/')).toEqual({ ok: true })
    expect(waits).toHaveLength(2)
  })

  it('counts for the whole of JSON', async () => {
    const server = await serve((_seen, response) => {
      response.writeHead(200).write('{"a":')
      return undefined
    })
    const { client } = clientOf(server, { timeoutMs: 100, maxRetries: 0 })
    await expect(client.get('/')).rejects.toMatchObject({ code: 'network_timeout' })
  })

  it('does not count for the body of a Response', async () => {
    let finish = () => {}
    const server = await serve((_seen, response) => {
      response.writeHead(200).write('first ')
      finish = () => void response.end('last')
      return undefined
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const response = await clientOf(server, { timeoutMs: 60 }).client.fetch('/')
    vi.advanceTimersByTime(60_000)
    finish()
    expect(await response.text()).toBe('first last')
  })
})
