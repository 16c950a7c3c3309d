/**
 * The process that a server is the child of: `node keeper-process.js <folder>`, over IPC. Whichever way the process
 * that started it ends, the connection to it breaks; then the server is ended and the folder deleted.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type KeeperOrder, type KeeperReport, logName, type Program } from './keeper.js'
import { killWithChildren } from './process-tree.js'

interface Running {
  readonly child: ChildProcess
  readonly quitSignal: NodeJS.Signals
  readonly ended: Promise<void>
}

const keptOutputChars = 4_000
const quitMs = 2_000

const folder = process.argv[2] ?? ''
const log = openSync(join(folder, logName), 'a')
let running: Running | undefined

function report(message: KeeperReport): void {
  if (process.connected) process.send?.(message)
}

function run({ file, args, account, readyText, quitSignal }: Program): void {
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], ...account })
  let output = ''
  let ready = false
  const take = (chunk: Buffer) => {
    writeSync(log, chunk)
    output = (output + chunk.toString()).slice(-keptOutputChars)
    if (ready || readyText === undefined || !output.includes(readyText)) return
    ready = true
    report({ is: 'ready' })
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  let failure: string | undefined
  child.on('error', (error) => {
    failure = error.message
  })
  const ended = new Promise<void>((resolve) => {
    // Not 'exit': this comes once the last of its children has closed the output too, so that all of them are gone.
    child.on('close', (code, signal) => {
      running = undefined
      report({ is: 'ended', how: failure ?? signal ?? `exit code ${code}`, output })
      resolve()
    })
  })
  running = { child, quitSignal, ended }
}

async function end(): Promise<void> {
  if (running !== undefined) {
    const { child, quitSignal, ended } = running
    child.kill(quitSignal)
    const timer = setTimeout(() => killWithChildren(child.pid ?? 0), quitMs)
    await ended
    clearTimeout(timer)
  }
  await rm(folder, { recursive: true, force: true })
  process.exit()
}

let ending = false
function endOnce(): void {
  if (ending) return
  ending = true
  void end()
}
for (const event of ['disconnect', 'SIGINT', 'SIGTERM', 'SIGHUP']) process.on(event, endOnce)

process.on('message', (message) => {
  const order = message as KeeperOrder
  if (order.do === 'run') run(order.program)
  if (order.do === 'signal') running?.child.kill(order.signal)
  if (order.do === 'crash' && running?.child.pid !== undefined) killWithChildren(running.child.pid)
})

// Who started us may have ended before we listened.
if (!process.connected) endOnce()
