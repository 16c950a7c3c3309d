import type { Sealer } from '../../credentials/sealing.js'
import type { RunScript } from './client.js'
import { LIST, READ, SWAP_DOCUMENT } from './credential-scripts.js'
import { resealed } from './entry-document.js'
import { listOf, textOf, yesOf } from './replies.js'

const PAGE = 100
const MAX_TRIES = 10

/** Seals with the newest key whatever is sealed with another, in every entry there is. */
export function createResealing(run: RunScript, sealer: Sealer): () => Promise<number> {
  async function resealOne(name: string, entry: unknown): Promise<number> {
    let document = documentIn(entry)
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { document: next, count } = resealed(document, sealer)
      if (count === 0 || yesOf(await run(SWAP_DOCUMENT, name, document, next))) return count
      // It was changed meanwhile, perhaps by an instance that still seals with an older key.
      document = documentIn(await run(READ, name))
    }
    throw new Error('a credential is being changed by many at once')
  }

  return async () => {
    let count = 0
    for (let from = '-'; ; ) {
      const page = listOf(await run(LIST, 'all', from, String(PAGE)))
      for (let at = 0; at < page.length; at += 2) {
        count += await resealOne(textOf(page[at]).slice(PLACE_CHARACTERS), page[at + 1])
      }
      if (page.length < 2 * PAGE) return count
      from = `(${textOf(page.at(-2))}`
    }
  }
}

// What stands before the name in a place.
const PLACE_CHARACTERS = 17

function documentIn(entry: unknown): string {
  return textOf(listOf(entry)[3])
}
