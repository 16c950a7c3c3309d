import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * SIGKILL to a process and its children. A signal to the process group would miss PostgreSQL's children, each of
 * which leads a group of its own.
 */
export function killWithChildren(pid: number): void {
  // Stopped first, so that it starts no further child meanwhile.
  send(pid, 'SIGSTOP')
  const children = childrenOf(pid)
  for (const victim of [pid, ...children]) send(victim, 'SIGKILL')
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended already.
  }
}

function childrenOf(parent: number): number[] {
  return parentage()
    .filter(({ ppid }) => ppid === parent)
    .map(({ pid }) => pid)
}

interface Parentage {
  readonly pid: number
  readonly ppid: number
}

function parentage(): Parentage[] {
  // Small Debian images have no `ps`, and only Linux has /proc.
  if (process.platform === 'linux') {
    return readdirSync('/proc')
      .map(Number)
      .filter(Number.isInteger)
      .flatMap((pid) => {
        const ppid = parentInProc(pid)
        return ppid === undefined ? [] : [{ pid, ppid }]
      })
  }
  const lines = execFileSync('ps', ['-A', '-o', 'pid=', '-o', 'ppid='], { encoding: 'utf8' }).trim()
  return lines.split('\n').map((line) => {
    const [pid, ppid] = line.trim().split(/\s+/)
    return { pid: Number(pid), ppid: Number(ppid) }
  })
}

/** `undefined` for a process that has ended since it was listed. */
function parentInProc(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // `pid (name) state ppid …`, where the name may itself hold spaces and parentheses.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}
