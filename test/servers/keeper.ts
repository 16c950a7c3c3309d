import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Account, serverAccount } from './account.js'

export interface Program {
  readonly file: string
  readonly args: readonly string[]
  readonly account: Account | undefined
  /** What a server writes once it serves. */
  readonly readyText?: string
  /** Ends it at once when nobody needs it any more. */
  readonly quitSignal: NodeJS.Signals
}

export type KeeperOrder =
  | { readonly do: 'run'; readonly program: Program }
  | { readonly do: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly do: 'crash' }

export type KeeperReport =
  | { readonly is: 'ready' }
  /** `output` is the end of what it wrote. */
  | { readonly is: 'ended'; readonly how: string; readonly output: string }

/** A process that runs one program at a time in a folder of its own, and outlives neither it nor us. */
export interface Keeper {
  readonly folder: string
  readonly account: Account | undefined
  /** Whether a server is up. */
  isServing(): boolean
  /** Runs a program to its end; anything but success is an error with the program's words. */
  run(program: Program): Promise<void>
  /** Starts a server and resolves once it serves; an end before that is an error with the server's words. */
  serve(program: Program): Promise<void>
  /** Resolves once the server and its children have ended, as they do on this signal. */
  signal(signal: NodeJS.Signals): Promise<void>
  /** SIGKILL to the server and to its children. */
  crash(): Promise<void>
  /** Ends the server and deletes the folder. */
  close(): Promise<void>
}

/** The file in a keeper's folder that takes all output. */
export const logName = 'server.log'

const serveTimeoutMs = 30_000

/** `name` is for people: of the server. */
export function openKeeper(name: string): Keeper {
  const account = serverAccount()
  const folder = mkdtempSync(join(tmpdir(), `sallyport-${name.toLowerCase()}-`))
  if (account !== undefined) chownSync(folder, account.uid, account.gid)
  const child = fork(fileURLToPath(new URL('keeper-process.js', import.meta.url)), [folder], {
    // Vitest's own execArgv would preload Vitest there.
    execArgv: [],
    // Settings of this machine, such as PGOPTIONS, are not for these servers; their words are to be in English.
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // Ctrl-C and a kill of the process group reach us alone; the keeper has yet to clean up.
    detached: true,
  })
  let serving = false
  child.on('error', () => undefined)
  child.on('exit', () => {
    serving = false
  })
  child.on('message', (message) => {
    serving = (message as KeeperReport).is === 'ready'
  })

  // A keeper keeps nobody's process alive but while something is awaited of it.
  let awaited = 0
  const hold = (by: 1 | -1) => {
    awaited += by
    for (const handle of [child, child.channel]) awaited > 0 ? handle?.ref() : handle?.unref()
  }
  hold(1)
  child.once('spawn', () => hold(-1))

  async function held<T>(work: () => Promise<T>): Promise<T> {
    hold(1)
    try {
      return await work()
    } finally {
      hold(-1)
    }
  }

  function order(message: KeeperOrder): Promise<KeeperReport> {
    return new Promise((resolve, reject) => {
      const lost = () => {
        child.off('message', hear)
        reject(new Error(`the keeper of this ${name} has ended`))
      }
      const hear = (report: unknown) => {
        child.off('exit', lost)
        resolve(report as KeeperReport)
      }
      if (!child.connected) return lost()
      child.once('message', hear)
      child.once('exit', lost)
      child.send(message)
    })
  }

  function explain(program: Program, report: KeeperReport, problem: string): Error {
    const [how, output] = report.is === 'ended' ? [report.how, report.output] : ['', '']
    return new Error(`${name}: ${program.file} ${problem}: ${how}\n${output}`.trimEnd())
  }

  const crash = async () => {
    if (serving) await order({ do: 'crash' })
  }

  return {
    folder,
    account,
    isServing: () => serving,
    crash: () => held(crash),
    run: (program) =>
      held(async () => {
        const report = await order({ do: 'run', program })
        if (report.is !== 'ended' || report.how !== 'exit code 0') throw explain(program, report, 'failed')
      }),
    serve: (program) =>
      held(async () => {
        const late = setTimeout(() => child.connected && child.send({ do: 'crash' }), serveTimeoutMs)
        const report = await order({ do: 'run', program })
        clearTimeout(late)
        if (report.is === 'ended') throw explain(program, report, 'ended before it served')
      }),
    signal: (signal) =>
      held(async () => {
        if (serving) await order({ do: 'signal', signal })
      }),
    close: () =>
      held(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const exit = once(child, 'exit')
        if (child.connected) child.disconnect()
        await exit
      }),
  }
}
