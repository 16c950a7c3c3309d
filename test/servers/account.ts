import { readFileSync } from 'node:fs'

/** The user that a server runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

const userNames = ['postgres', 'nobody']

/** PostgreSQL refuses to run as root: root's servers run as another user. Everybody else's run as themselves. */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const userName of userNames) {
    const [, , uid, gid] = users.find(([name]) => name === userName) ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error(`root needs one of these users to run the servers as: ${userNames.join(', ')}`)
}
