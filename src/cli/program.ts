import { Command } from 'commander'
import { addCredentials } from './credentials.js'
import { addDoctor } from './doctor.js'
import { addKeys } from './keys.js'
import { addMigrate } from './migrate.js'
import { packageVersion } from './package-facts.js'
import { addRevoke } from './revoke.js'
import { addSealing } from './sealing.js'
import { addToken } from './token.js'

/** Makes the parser. It writes nothing itself: `said` is what it would have written. */
export function createProgram(): { readonly program: Command; readonly said: () => string } {
  let said = ''
  const take = (text: string) => {
    said += text
  }
  const program = new Command('sallyport')
    .description(
      'Keys, credentials and tokens of a backend that Sallyport guards, and a check of its configuration.',
    )
    .version(packageVersion)
    .option('--json', 'one JSON object on stdout')
    .exitOverride()
    .configureOutput({ writeOut: take, writeErr: take, outputError: () => undefined })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', ENVIRONMENT)
  addKeys(program)
  addCredentials(program)
  addRevoke(program)
  addToken(program)
  addSealing(program)
  addMigrate(program)
  addDoctor(program)
  return { program, said: () => said }
}

const ENVIRONMENT = `
Environment:
  SALLYPORT_STORE          the store, where --store is not given; the place for a URL with a password
  SALLYPORT_SEALING_KEYS   the application's sealing keys between commas, the newest first
  SALLYPORT_SHARED_SECRET  for token mint, where the secret is not piped in

Exit codes: 0 done, 1 refused or failed, 2 called wrongly.

Example:
  $ sallyport keys create --store sqlite:./sallyport.db --account robots-inc --prefix acto`
