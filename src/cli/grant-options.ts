import type { Command } from 'commander'
import type { CredentialGrant } from '../credentials/issue.js'
import { systemClock } from '../system-clock.js'
import { DURATION_RULE, momentMs } from './duration.js'
import { wrongUsage } from './failure.js'
import { credentialName, each, text, wallet } from './parsers.js'

/** The options that say who a credential is for and what it may do. */
export interface GrantOptions {
  readonly account: string
  readonly wallet?: readonly string[]
  readonly name?: string
  readonly role?: string
  readonly scope?: readonly string[]
  readonly environment?: string
  readonly expires?: string
  readonly createdBy?: string
}

/** Adds them. */
export function withGrant(command: Command): Command {
  return command
    .requiredOption('--account <id>', 'who owns it', text)
    .option('--wallet <address...>', 'the wallets it may act for', each(wallet))
    .option('--name <text>', 'what its owner calls it', credentialName)
    .option('--role <role>', 'enterprise, processor or a word of yours', text)
    .option('--scope <scope...>', 'what it may do', each(text))
    .option('--environment <name>', 'where it is honoured (default: everywhere)', text)
    .option('--expires <when>', `an RFC 3339 date or time, or ${DURATION_RULE} (default: never)`, text)
    .option('--created-by <who>', 'for your audit (default: cli)', text)
}

/** What is granted. */
export function grantOf(options: GrantOptions): CredentialGrant {
  const { account, wallet: wallets = [], name, role, scope: scopes = [], environment } = options
  const expiresAtMs = options.expires === undefined ? undefined : expiryMs(options.expires)
  return {
    accountId: account,
    wallets,
    scopes,
    createdBy: options.createdBy ?? 'cli',
    ...(name !== undefined && { name }),
    ...(role !== undefined && { role }),
    ...(environment !== undefined && { environment }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  }
}

function expiryMs(when: string): number {
  const nowMs = systemClock.wallMs()
  const atMs = momentMs(when, nowMs)
  if (atMs === undefined) {
    throw wrongUsage(`--expires must be an RFC 3339 date or time (2027-01-31), or ${DURATION_RULE}`)
  }
  if (atMs <= nowMs) throw wrongUsage('--expires is in the past')
  return atMs
}
