import type { Command } from 'commander'
import { type GrantOptions, grantOf, withGrant } from './grant-options.js'
import { addLifecycle, changing, credentialFor, type Lifecycle, whyNot } from './lifecycle.js'
import { addList } from './listing.js'
import { attempt } from './open-store.js'
import { DEFAULT_OVERLAP_SECONDS, overlapNote, type RotationOptions, withOverlap } from './rotation.js'
import { runs } from './run.js'
import { type StoreOptions, storeOf, withStore } from './store-options.js'

const LIFECYCLE: Lifecycle = { kind: 'sharedSecret', sealing: true }

/** Adds `credentials`: the life of the pairs of a `key_id` and a secret that callers mint tokens from. */
export function addCredentials(program: Command): void {
  const group = program.command('credentials').description('key_id and secret, for tokens that callers mint')
  addIssue(group)
  addList(group, {
    kind: 'sharedSecret',
    noun: 'shared-secret pairs',
    head: 'KEY_ID',
    known: ({ keyId }) => keyId ?? '-',
  })
  addRotate(group)
  addLifecycle(group, LIFECYCLE)
}

function addIssue(group: Command): void {
  const command = withStore(
    withGrant(group.command('issue').description('makes a pair and prints key_id and secret, this once')),
  ).addHelpText('after', '\nExample:\n  $ sallyport credentials issue --account acme-pay --role processor')
  runs<GrantOptions & StoreOptions>(command, async (task) => {
    const grant = grantOf(task.options)
    const { store } = await storeOf(task, { mayCreate: true })
    // A pair that is sealed with another key than the application has is one that no gate can verify: where the pairs
    // that are there do not open, it is the wrong key.
    await attempt(() => store.describeCredentials({ limit: 1_000 }))
    const issued = await attempt(() => store.issueSharedSecret(grant))
    const { credentialId, keyId, sharedSecret } = issued
    return {
      json: { credentialId, keyId, sharedSecret },
      lines: [keyId, sharedSecret],
      notes: [`issued ${credentialId}; its secret is shown this once`],
    }
  })
}

function addRotate(group: Command): void {
  const command = withOverlap(
    changing(
      group,
      'rotate',
      'makes a new secret for the same key_id and prints both, this once',
      '--overlap 7d',
    ),
  )
  runs<RotationOptions>(command, async (task) => {
    const { overlap = DEFAULT_OVERLAP_SECONDS } = task.options
    const { store, id } = await credentialFor(task, LIFECYCLE)
    const issued = await attempt(() => store.rotateSharedSecret(id, { overlapSeconds: overlap }))
    if (issued === undefined) throw await whyNot(store, id, LIFECYCLE)
    const { credentialId, keyId, sharedSecret } = issued
    return {
      json: { credentialId, keyId, sharedSecret, overlapSeconds: overlap },
      lines: [keyId, sharedSecret],
      notes: [overlapNote('secret', overlap)],
    }
  })
}
