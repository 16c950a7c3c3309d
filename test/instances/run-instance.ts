/** Starts instances as processes of their own, and sees to it that none is left. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Scope } from './scope.js'
import { type Call, type InstanceSpec, type InstanceVerbs, type Report, SPEC_VARIABLE } from './spec.js'
import { until } from './until.js'

/** A process that is, or was, an instance. */
export interface Instance {
  readonly origin: string
  /** Asks it over IPC. */
  call<Verb extends keyof InstanceVerbs>(
    verb: Verb,
    ...parameters: Parameters<InstanceVerbs[Verb]>
  ): ReturnType<InstanceVerbs[Verb]>
  isAlive(): boolean
  /** All that it has written, on both streams. */
  output(): string
  /** SIGKILL, sent before this returns. Resolves once the process is gone. */
  kill(): Promise<void>
}

export interface RunOptions {
  /** Whether to wait until the gate is ready. Default true. */
  readonly waits?: boolean
}

const program = fileURLToPath(new URL('../../build/test/instances/instance.js', import.meta.url))
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts an instance, which ends with `scope` at the latest. */
export async function startInstance(
  scope: Scope,
  spec: InstanceSpec,
  { waits = true }: RunOptions = {},
): Promise<Instance> {
  if (!existsSync(program)) throw new Error(`${program} is missing: npm run build`)
  const child = fork(program, {
    // Vitest's own execArgv would preload Vitest there.
    execArgv: ['--expose-gc'],
    env: { PATH: process.env.PATH ?? '', [SPEC_VARIABLE]: JSON.stringify(spec) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  running.add(child)
  scope.onEnd(() => {
    child.kill('SIGKILL')
    return gone
  })
  const chunks: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => chunks.push(String(chunk)))
  const output = () => chunks.join('')
  const gone = once(child, 'close').then(() => {
    running.delete(child)
  })
  const calls = new Map<number, { done(value: unknown): void; failed(error: Error): void }>()
  const listening = new Promise<string>((resolve, reject) => {
    child.on('message', (message) => {
      const report = message as Report
      if (report.is === 'listening') return resolve(report.origin)
      const call = calls.get(report.id)
      calls.delete(report.id)
      if (report.is === 'done') call?.done(report.value)
      else call?.failed(Object.assign(new Error(report.message), { code: report.code }))
    })
    gone.then(() => {
      const lost = new Error(`the instance has ended: ${output()}`)
      reject(lost)
      for (const call of calls.values()) call.failed(lost)
    })
  })

  const origin = await listening
  let lastId = 0
  const instance: Instance = {
    origin,
    call: ((verb: keyof InstanceVerbs, ...parameters: readonly unknown[]) =>
      new Promise((done, failed) => {
        if (!child.connected) return failed(new Error(`the instance has ended: ${output()}`))
        const call: Call = { id: ++lastId, verb, parameters }
        calls.set(call.id, { done, failed })
        child.send(call)
      })) as Instance['call'],
    isAlive: () => child.exitCode === null && child.signalCode === null,
    output,
    kill() {
      child.kill('SIGKILL')
      return gone
    },
  }
  if (waits) {
    await until('the gate is ready', () =>
      instance.call('ready').then(
        () => true,
        (error: unknown) => {
          if (!instance.isAlive()) throw error
          return false
        },
      ),
    )
  }
  return instance
}

/** Starts several that are alike. */
export function startInstances(scope: Scope, spec: InstanceSpec, count: number): Promise<Instance[]> {
  return Promise.all(Array.from({ length: count }, () => startInstance(scope, spec)))
}

/** What an instance has written, beside the warning of an outage: nothing of it was expected. */
export function complaintsOf(instance: Instance): string[] {
  const expected = /^$|^\(node:\d+\) SallyportOutage: |^\(Use `node --trace-warnings/
  return instance
    .output()
    .split('\n')
    .filter((line) => !expected.test(line))
}
