import autocannon from 'autocannon'
import type { Fields } from './credentials.js'

export const CONNECTIONS = 25

/**
 * Sends `amount` requests over connections that stay open, and answers in how many seconds they were served.
 *
 * @throws Error where any of them was not answered with 2xx: what is refused is cheap, and no measure of anything.
 */
export async function sendLoad(url: string, fields: Fields, amount: number): Promise<number> {
  let answered = 0
  const startedAt = process.hrtime.bigint()
  let endedAt = startedAt
  const options = { url, headers: { ...fields }, amount, connections: CONNECTIONS, sampleInt: 10 }
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)))
    // It would say how long it took in tenths of a second.
    run.on('response', () => {
      if (++answered === amount) endedAt = process.hrtime.bigint()
    })
  })
  const failed = result.non2xx + result.errors + result.timeouts + result.mismatches
  if (failed > 0 || result['2xx'] !== amount) {
    throw new Error(`${result['2xx']} of ${amount} requests to ${url} were answered with 2xx`)
  }
  return Number(endedAt - startedAt) / 1e9
}
