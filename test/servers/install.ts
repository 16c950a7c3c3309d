import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { locateServers, type ServerLocations } from './locate.js'

const installTimeoutMs = 5 * 60_000

/** Debian's packages start a service of their own when they are installed; both means against it are Debian's. */
const installScript = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt-get update
apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
`

/**
 * Installs what {@link locateServers} misses where that is allowed, which is as root on Debian and with `CI=true`,
 * and says so in one line on stderr. Answers what is there afterwards: a failure is reported there too, not thrown.
 */
export async function installMissing(): Promise<ServerLocations> {
  const located = locateServers()
  const missing = [
    ...(located.postgres === undefined ? ['postgresql'] : []),
    ...(located.redis === undefined ? ['redis-server'] : []),
  ]
  const isRoot = process.getuid?.() === 0
  const mayInstall = process.env.CI === 'true' || (isRoot && existsSync('/etc/debian_version'))
  if (missing.length === 0 || !mayInstall) return located

  console.warn(`INSTALLING ${missing.join(' and ')} for the tests, with apt-get`)
  const command = [...(isRoot ? [] : ['sudo', '-n']), 'sh', '-c', installScript, 'sh', ...missing]
  const [file = 'sh', ...args] = command
  try {
    await promisify(execFile)(file, args, { timeout: installTimeoutMs, maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    console.warn(`NOT INSTALLED: ${missing.join(' and ')}: ${lastLine(error)}`)
  }
  return locateServers()
}

/** What apt-get said last is its reason. The message of the error has the whole script in it. */
function lastLine(error: unknown): string {
  const { stderr = '', code } = error as { stderr?: string; code?: unknown }
  return stderr.trim().split('\n').at(-1) || `code ${String(code)}`
}
