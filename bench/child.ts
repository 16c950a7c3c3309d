import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A process of its own, which answers one question at a time. */
export interface Child {
  ask<Answer>(question: string, about?: unknown): Promise<Answer>
  stop(): Promise<void>
}

interface Reply {
  readonly answer?: unknown
  readonly error?: string
}

/** Starts `program`, a built file of this folder. What it writes is seen; it ends when this process does. */
export function startChild(program: string, args: readonly string[] = []): Child {
  const path = join(import.meta.dirname, program)
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = fork(path, args, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  return {
    async ask<Answer>(question: string, about?: unknown) {
      if (isOver()) throw endOf(program, args, child)
      const answered = new AbortController()
      const { signal } = answered
      const ended = once(child, 'exit', { signal }).then(() => Promise.reject(endOf(program, args, child)))
      child.send({ question, about })
      try {
        const [reply] = (await Promise.race([once(child, 'message', { signal }), ended])) as [Reply]
        if (reply.error !== undefined) throw new Error(reply.error)
        return reply.answer as Answer
      } finally {
        ended.catch(() => undefined)
        answered.abort()
      }
    },
    async stop() {
      if (isOver()) return
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

/** The other end: answers the questions of the process that started this one, and ends with it. */
export function answerParent(answers: Readonly<Record<string, (about: unknown) => unknown>>): void {
  process.on('message', async (message) => {
    const { question, about } = message as { readonly question: string; readonly about: unknown }
    const reply: Reply = await Promise.resolve()
      .then(() => {
        const answer = answers[question]
        if (answer === undefined) throw new RangeError(`nobody here can answer ${question}`)
        return answer(about)
      })
      .then(
        (answer) => ({ answer }),
        (error) => ({ error: String(error?.message ?? error) }),
      )
    process.send?.(reply)
  })
  process.on('disconnect', () => process.exit())
}

function endOf(program: string, args: readonly string[], { exitCode, signalCode }: ChildProcess): Error {
  return new Error(`${[program, ...args].join(' ')} has ended with ${signalCode ?? exitCode}`)
}
