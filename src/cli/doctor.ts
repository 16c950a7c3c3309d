import { type Command, Option } from 'commander'
import { examine } from './doctor/examine.js'
import type { Finding } from './doctor/finding.js'
import { listVariable, nodeVersion, splitList } from './environment.js'
import { openStore, TIMEOUT_MS } from './open-store.js'
import type { OpenedStore } from './opened-store.js'
import { writeNote } from './output.js'
import { nodeRange } from './package-facts.js'
import { wholeNumber } from './parsers.js'
import { runs, type Task } from './run.js'
import { hasSecret, type StoreAddress } from './store-address.js'
import { addressOf, anySealingKeys, redisPrefixOf, type StoreOptions, withStore } from './store-options.js'

interface DoctorOptions extends StoreOptions {
  readonly instances?: number
  readonly environment?: string
  readonly origin?: string
  readonly rpcUrl?: readonly string[]
  readonly mint?: readonly string[]
}

const MAX_INSTANCES = 100_000

/** Adds `doctor`: what will hurt, before it does. */
export function addDoctor(program: Command): void {
  const command = withStore(
    program
      .command('doctor')
      .description(
        'checks a configuration and says what will hurt; changes nothing, and exits with 1 on a problem',
      ),
  )
    .addOption(
      new Option('--instances <n>', 'how many instances of the application there are (default: 1)')
        .env('SALLYPORT_INSTANCES')
        .argParser(wholeNumber(1, MAX_INSTANCES)),
    )
    .addOption(new Option('--environment <name>', 'that of createGate').env('SALLYPORT_ENVIRONMENT'))
    .addOption(new Option('--origin <url>', 'that of walletSession').env('SALLYPORT_ORIGIN'))
    .addOption(
      new Option('--rpc-url <url...>', 'that of solanaBalances').env('SOLANA_RPC_URL').argParser(listed),
    )
    .addOption(
      new Option('--mint <address...>', 'those that gates require').env('SALLYPORT_MINTS').argParser(listed),
    )
    .addHelpText('after', MORE)
  runs<DoctorOptions>(command, async (task) => {
    const findings = await findingsOf(task)
    const count = (status: Finding['status']) =>
      findings.filter((finding) => finding.status === status).length
    const [problems, warnings] = [count('problem'), count('warning')]
    return {
      json: { ok: problems === 0, checks: findings },
      lines: [...findings.flatMap(linesOf), `problems: ${problems}, warnings: ${warnings}`],
      exitCode: problems === 0 ? 0 : 1,
    }
  })
}

const MORE = `
Also read: SALLYPORT_SEALING_KEYS and SALLYPORT_SESSION_SECRETS, each with commas between.

Example:
  $ SALLYPORT_STORE=postgres://db.internal/shop sallyport doctor --instances 3 --origin https://api.shop.example`

function listed(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...splitList(text)]
}

async function findingsOf(task: Task<DoctorOptions>): Promise<readonly Finding[]> {
  const { instances = 1, environment, origin, rpcUrl = [], mint = [] } = task.options
  const address = await addressOf(task)
  if (task.isFromCommandLine('rpcUrl') && rpcUrl.some(hasSecret)) {
    await writeNote(
      'warning: others on this machine can read the key in --rpc-url; give it in SOLANA_RPC_URL',
    )
  }
  const known = {
    node: { version: nodeVersion, range: nodeRange },
    address,
    instances,
    environment: environment || undefined,
    origin: origin || undefined,
    sessionSecrets: listVariable('SALLYPORT_SESSION_SECRETS'),
    sealingKeys: listVariable('SALLYPORT_SEALING_KEYS'),
    rpcUrls: rpcUrl,
    mints: mint,
  }
  return examine(known, () => openAsItIs(task, address))
}

async function openAsItIs(
  task: Task<DoctorOptions>,
  address: StoreAddress | undefined,
): Promise<OpenedStore | undefined> {
  if (address === undefined || address.kind === 'memory') return undefined
  const opened = await openStore(address, {
    sealingKeys: anySealingKeys(),
    mayCreate: false,
    mayMigrate: false,
    timeoutMs: TIMEOUT_MS,
    redisPrefix: redisPrefixOf(task.options),
  })
  task.closeLater(opened.close)
  return opened
}

function linesOf({ name, status, detail, remedy }: Finding): string[] {
  const head = `${status.padEnd(7)}  ${name.padEnd(16)}`
  return [`${head}  ${detail}`, ...(remedy === null ? [] : [`${' '.repeat(head.length)}  -> ${remedy}`])]
}
