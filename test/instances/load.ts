import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Answer, Client } from './http.js'

/** What is asked again and again. */
export interface Target<Label extends string> {
  /** What the answers are told apart by. */
  readonly label: Label
  ask(client: Client): Promise<Answer>
}

/** One answer, as far as it matters here. */
export interface Seen<Label extends string> {
  readonly label: Label
  /** 0 where no answer came. */
  readonly status: number
  /** When the instance let the request in, by its own word; of answers with status 200. */
  readonly decidedAtMs: number
  readonly sentAtMs: number
  readonly receivedAtMs: number
  readonly contentType: string | undefined
  readonly retryAfter: string | undefined
  readonly code: string | undefined
}

export interface Load<Label extends string> {
  /** So far, in the order of their arrival. */
  readonly seen: readonly Seen<Label>[]
  /** Resolves once every answer has come. */
  stop(): Promise<readonly Seen<Label>[]>
}

export interface LoadOptions {
  readonly connections: number
  /** Between an answer and the next request of its connection. All instances, and the test, share a few cores. */
  readonly pauseMs?: number
}

/** Keeps some connections to one instance busy, each of them with one target after the other. */
export function startLoad<Label extends string>(
  client: Client,
  { connections, pauseMs = 4 }: LoadOptions,
  targets: readonly Target<Label>[],
): Load<Label> {
  const seen: Seen<Label>[] = []
  let stopped = false

  async function ask({ label, ask }: Target<Label>): Promise<void> {
    const sentAtMs = Date.now()
    const answer = await ask(client).catch(() => undefined)
    const receivedAtMs = Date.now()
    const body = answer?.status === undefined ? {} : answer.json()
    seen.push({
      label,
      status: answer?.status ?? 0,
      decidedAtMs: Number(body.decidedAtMs),
      sentAtMs,
      receivedAtMs,
      contentType: answer?.headers['content-type'],
      retryAfter: answer?.headers['retry-after'],
      code: typeof body.code === 'string' ? body.code : undefined,
    })
  }

  async function work(first: number): Promise<void> {
    for (let at = first; !stopped; at++) {
      const target = targets[at % targets.length]
      if (target !== undefined) await ask(target)
      await sleep(pauseMs)
    }
  }
  const working = Promise.all(Array.from({ length: connections }, (_, at) => work(at)))

  return {
    seen,
    async stop() {
      stopped = true
      await working
      return seen
    },
  }
}

/** When the last request was let in; -Infinity where none was. */
export function lastLetInAtMs(seen: readonly Seen<string>[]): number {
  return Math.max(
    Number.NEGATIVE_INFINITY,
    ...seen.map(({ decidedAtMs }) => decidedAtMs).filter((ms) => ms > 0),
  )
}

/** Whether every one of these was answered so, at least so often. */
export function allAnswered<Label extends string>(
  { seen }: Load<Label>,
  labels: readonly Label[],
  status: number,
  times = 1,
): boolean {
  return labels.every(
    (label) => seen.filter((one) => one.label === label && one.status === status).length >= times,
  )
}

/** A 503 as it must be: not the caller's fault, and worth another try. */
export function expectOutage({
  status,
  code,
  contentType,
  retryAfter,
}: Pick<Seen<string>, 'status' | 'code' | 'contentType' | 'retryAfter'>): void {
  expect({ status, code, contentType }).toEqual({
    status: 503,
    code: 'dependency_unavailable',
    contentType: 'application/problem+json',
  })
  expect(retryAfter).toMatch(/^[1-9]\d*$/)
}
