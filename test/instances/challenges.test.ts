import { describe, expect, it } from 'vitest'
import { freshStore, isMissing, type StoreKind } from './fresh-store.js'
import { connectTo } from './http.js'
import { startInstances } from './run-instance.js'
import { withScope } from './scope.js'
import { verify, walletCaller } from './wallet-caller.js'

const KINDS: readonly StoreKind[] = ['postgres', 'ioredis', 'composed', 'sqlite']
const TIMES = 100

describe('a challenge of three processes that share a store', () => {
  for (const kind of KINDS) {
    it.skipIf(isMissing(kind))(
      `is won by exactly one who presents it, a hundred times over: ${kind}`,
      () =>
        withScope(async (scope) => {
          const instances = await startInstances(scope, await freshStore(scope, kind), 3)
          const clients = instances.map(({ origin }) => scope.keep(connectTo(origin, 2)))
          const caller = walletCaller()
          const wins = clients.map(() => 0)
          for (let time = 0; time < TIMES; time++) {
            // Another instance each time hands it out, and is asked first.
            const inTurn = clients.map((_, at) => (at + time) % clients.length)
            const [first] = inTurn.flatMap((at) => clients[at] ?? [])
            if (first === undefined) throw new Error('there is no instance')
            const proof = await caller.prove(first)
            const answers = await Promise.all(
              inTurn.map(async (at) => ({ at, answer: await verify(clients[at] ?? first, proof) })),
            )
            const winners = answers.filter(({ answer }) => answer.status === 200)
            expect(winners).toHaveLength(1)
            for (const { at } of winners) wins[at] = (wins[at] ?? 0) + 1
            const others = answers.filter(({ answer }) => answer.status !== 200)
            for (const { answer } of others) {
              expect(answer.json()).toMatchObject({ status: 401, code: 'challenge_invalid' })
            }
          }
          console.info(`${kind}: of ${TIMES} challenges the three instances won ${wins.join(', ')}`)
        }),
      60_000,
    )
  }
})
