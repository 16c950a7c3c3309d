/** Asks for authorizations, in a process of its own: at a given rate, or as fast as they are answered. */
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { answerParent } from '../child.js'
import type { Load, LoadReport, Service } from './names.js'

const WARM_UP = 200

async function send(about: unknown): Promise<LoadReport> {
  const load = about as Load
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections })
  try {
    await run({ ...load, requests: WARM_UP, perSecond: null }, agent)
    return await run(load, agent)
  } finally {
    agent.destroy()
  }
}

async function run({ service, perSecond, requests, connections }: Load, agent: Agent): Promise<LoadReport> {
  const took: number[] = []
  let approved = 0
  const startedMs = performance.now()
  // Latency counts from when a request is due, so that one that waits for a slow one before it is not spared.
  const one = async (at: number, dueMs: number) => {
    const answer = await authorize(service, agent, at)
    took.push(performance.now() - dueMs)
    if (answer.includes('"APPROVE"')) approved++
  }
  if (perSecond === null) {
    let next = 0
    const goOn = async () => {
      while (next < requests) await one(next++, performance.now())
    }
    await Promise.all(Array.from({ length: connections }, goOn))
  } else {
    const all: Promise<void>[] = []
    for (let at = 0; at < requests; at++) {
      const dueMs = startedMs + (at * 1_000) / perSecond
      const earlyMs = dueMs - performance.now()
      if (earlyMs > 0) await pause(earlyMs)
      all.push(one(at, dueMs))
    }
    await Promise.all(all)
  }
  const seconds = (performance.now() - startedMs) / 1_000
  took.sort((a, b) => a - b)
  const at = (share: number) => took[Math.ceil(took.length * share) - 1] ?? Number.NaN
  return { p50Ms: at(0.5), p99Ms: at(0.99), seconds, approved }
}

// A prime that the agents are no multiple of: they come in no order of theirs.
const STRIDE = 7_919

function authorize({ origin, token, cards }: Service, agent: Agent, at: number): Promise<string> {
  const body = JSON.stringify({
    instrument_id: cards[(at * STRIDE) % cards.length],
    merchant: 'Figma Inc.',
    mcc: 7372,
    amount: 1 + (at % 1_000),
    currency: 'USD',
  })
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  return new Promise((resolve, reject) => {
    const message = request(`${origin}/v1/authorize`, { agent, method: 'POST', headers })
    message.on('error', reject)
    message.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve(Buffer.concat(chunks).toString()))
    })
    message.end(body)
  })
}

answerParent({ send })
