import { wrongUsage } from './failure.js'

/** Where a store is. */
export type StoreAddress =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres' | 'redis'; readonly url: string }

const KINDS: Readonly<Record<string, 'postgres' | 'redis'>> = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'redis:': 'redis',
  'rediss:': 'redis',
}

/** How a store is named. */
export const STORE_RULE: string = 'sqlite:<file>, postgres://..., redis://... or rediss://...'

/** Reads where a store is. What is wrong is told without repeating it: there may be a password in it. */
export function readStoreAddress(text: string): StoreAddress {
  if (text === 'memory') return { kind: 'memory' }
  const [, file] = /^sqlite:(.+)$/s.exec(text) ?? []
  if (file !== undefined) {
    const path = file.startsWith('//') ? file.slice(2) : file
    if (path === ':memory:') return { kind: 'memory' }
    if (path === '') throw wrongUsage('the store names no file, as in sqlite:./sallyport.db')
    return { kind: 'sqlite', file: path }
  }
  const kind = URL.canParse(text) ? KINDS[new URL(text).protocol] : undefined
  if (kind === undefined) throw wrongUsage(`the store must be given as ${STORE_RULE}`)
  return { kind, url: text }
}

/** Whether there is a password in a URL, which others on this machine could read in a command line. */
export function hasPassword(text: string): boolean {
  if (!URL.canParse(text)) return /:[^/@\s]+@/.test(text)
  const { password, searchParams } = new URL(text)
  return password !== '' || ['password', 'sslpassword'].some((name) => searchParams.has(name))
}

const MAX_PLAIN_SEGMENT = 20

/** Whether a URL looks as if it carried a key: in its name and password, its query, or a long part of its path. */
export function hasSecret(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { username, password, search, pathname } = new URL(text)
  const isLong = pathname.split('/').some((segment) => segment.length > MAX_PLAIN_SEGMENT)
  return username !== '' || password !== '' || search !== '' || isLong
}
