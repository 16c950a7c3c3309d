import { checkClock } from './clock.js'
import { checkEnvironment } from './environment-name.js'
import { checkMints } from './mints.js'
import { checkNodeVersion } from './node-version.js'
import { checkOrigin } from './origin.js'
import { checkRpc } from './rpc.js'
import { checkSealingKeys } from './sealing-keys.js'
import { checkSessionSecrets } from './session-secrets.js'
import { checkStoreAnswers } from './store-answers.js'
import { checkDurability } from './store-durability.js'
import { checkStoreKind } from './store-kind.js'
import type { Check } from './subject.js'

/** Every check, in the order that their findings are told in. */
export const checks: readonly Check[] = [
  checkNodeVersion,
  checkStoreKind,
  checkStoreAnswers,
  checkDurability,
  checkSealingKeys,
  checkOrigin,
  checkSessionSecrets,
  checkEnvironment,
  checkRpc,
  checkMints,
  checkClock,
]
