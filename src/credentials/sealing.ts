import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Seals secrets at rest: AES-256-GCM, bound to the place they are kept in. */
export interface Sealer {
  /** @param place - What the sealed text belongs to; moved elsewhere it does not open. */
  seal(secret: string, place: string): string
  /** @throws Error where it was sealed with another key, for another place, or has been changed. */
  open(sealed: string, place: string): string
  /** Whether it was sealed with the newest key: what is not should be sealed anew before its key is dropped. */
  isCurrent(sealed: string): boolean
}

const VERSION = 'v1'
const IV_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

/** What is wrong with sealing keys, in sentences that do not repeat them. */
export function sealingKeyProblems(owner: string, keys: unknown): string[] {
  const fine = Array.isArray(keys) && keys.length > 0 && keys.every((key) => readKey(key) !== undefined)
  return fine
    ? []
    : [
        `${owner}.sealingKeys must be a list of keys of 32 random bytes in base64, the newest first (openssl rand -base64 32)`,
      ]
}

/**
 * Makes a sealer.
 *
 * @param keys - 32 bytes each, in base64; the newest seals, all open.
 */
export function createSealer(keys: readonly string[]): Sealer {
  const byId = new Map<string, Buffer>()
  for (const key of keys) {
    const bytes = readKey(key)
    if (bytes === undefined) throw new Error('a sealing key must be 32 bytes in base64')
    byId.set(idOf(bytes), bytes)
  }
  const [newest] = byId
  if (newest === undefined) throw new Error('there is no sealing key')
  const [newestId, newestKey] = newest

  return {
    seal(secret, place) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', newestKey, iv).setAAD(Buffer.from(place))
      const sealed = Buffer.concat([iv, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${VERSION}.${newestId}.${sealed.toString('base64url')}`
    },
    open(sealed, place) {
      const [version, keyId = '', text = '', ...rest] = sealed.split('.')
      if (version !== VERSION || rest.length > 0) throw new Error('a stored secret is not sealed as v1')
      const key = byId.get(keyId)
      if (key === undefined)
        throw new Error(`a stored secret is sealed with the key ${keyId}, which is not given`)
      const bytes = Buffer.from(text, 'base64url')
      if (bytes.length < IV_BYTES + TAG_BYTES) throw new Error('a stored secret is cut short')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-TAG_BYTES))
      const opened = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES))
      return Buffer.concat([opened, decipher.final()]).toString('utf8')
    },
    isCurrent: (sealed) => sealed.startsWith(`${VERSION}.${newestId}.`),
  }
}

function readKey(key: unknown): Buffer | undefined {
  if (typeof key !== 'string' || !/^[A-Za-z0-9+/_-]{43}=?$/.test(key)) return undefined
  const bytes = Buffer.from(key, 'base64')
  return bytes.length === KEY_BYTES ? bytes : undefined
}

// Tells keys apart without giving one away.
function idOf(key: Buffer): string {
  return createHash('sha256').update('sallyport sealing key v1').update(key).digest('hex').slice(0, 12)
}
