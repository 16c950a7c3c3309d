/** Largest answer that is read from another server. */
const MAX_BODY_BYTES = 1_048_576

/** The other server answered more than is read. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge'
}

/**
 * Fetches a small document from a server of the host's choosing: no redirect is followed, and a body beyond 1 MB is an
 * error before it is held.
 *
 * @throws Where the answer is not a 2xx, is too large, or does not come.
 */
export async function cappedFetch(url: string, init: RequestInit): Promise<string> {
  const response = await fetch(url, { ...init, redirect: 'error' })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`HTTP status ${response.status}`)
  }
  return readCapped(response)
}

async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    if (length > MAX_BODY_BYTES) throw new AnswerTooLarge(`the answer is larger than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
