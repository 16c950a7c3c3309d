/** Looks for secrets in what was written, in whatever way they may have been spelt. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Secrets by what they are called in a failure, which must not show them. */
export type Secrets = ReadonlyMap<string, string | Uint8Array>

/** What was written, by where. */
export type Written = ReadonlyMap<string, Buffer>

/** What was found: the name of the secret, its spelling, and where. */
export function findSecrets(secrets: Secrets, written: Written): string[] {
  const found: string[] = []
  for (const [name, secret] of secrets) {
    for (const [spelling, needle] of spellingsOf(Buffer.from(secret))) {
      for (const [place, bytes] of written) {
        if (bytes.includes(needle)) found.push(`${name}, ${spelling}, in ${place}`)
      }
    }
  }
  return found
}

/** Bytes as they are, in hex, and in base64 wherever in a larger text they may begin. */
function spellingsOf(secret: Buffer): [spelling: string, needle: Buffer][] {
  const hex = secret.toString('hex')
  const spellings: [string, string | Buffer][] = [
    ['as it is', secret],
    ['hex', hex],
    ['upper-case hex', hex.toUpperCase()],
  ]
  for (const offset of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(offset), secret])
    for (const encoding of ['base64', 'base64url'] as const) {
      // The first and the last characters depend on what is beside it.
      const text = padded.toString(encoding).replace(/=+$/, '')
      const whole = text.slice(offset === 0 ? 0 : offset + 1, padded.length % 3 === 0 ? undefined : -1)
      spellings.push([`${encoding} from byte ${offset}`, whole])
    }
  }
  return spellings.map(([spelling, needle]) => [spelling, Buffer.from(needle)])
}

const PAGE_BYTES = 8_192
const EMPTY_PAGE = Buffer.alloc(PAGE_BYTES)

/** Every file of a folder, and of those below it, that was written to since. */
export function readFolder(folder: string, sinceMs: number): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    try {
      const path = join(folder, name)
      const { mtimeMs } = statSync(path)
      if (statSync(path).isFile() && mtimeMs >= sinceMs)
        files.set(name, withoutEmptyPages(readFileSync(path)))
    } catch (error) {
      // A server may delete a file meanwhile.
      if ((error as { readonly code?: string }).code !== 'ENOENT') throw error
    }
  }
  return files
}

// Write-ahead logs are made in advance, and mostly empty: to look through that would take long.
function withoutEmptyPages(bytes: Buffer): Buffer {
  const pages: Buffer[] = []
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
    const page = bytes.subarray(at, at + PAGE_BYTES)
    if (!page.equals(EMPTY_PAGE)) pages.push(page)
  }
  return Buffer.concat(pages)
}
