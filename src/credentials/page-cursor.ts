import type { CredentialEntry } from './entry.js'

/** Where an entry stands in a list: entries are ordered by when they were made, then by id. */
export type Place = Pick<CredentialEntry, 'createdAtMs' | 'id'>

const CURSOR = /^(\d{1,16}(?:\.\d{1,9})?):([\s\S]+)$/

/** The cursor behind an entry: `<createdAtMs>:<id>`. */
export function cursorOf({ createdAtMs, id }: Place): string {
  return `${createdAtMs}:${id}`
}

/** The place that a cursor names; `undefined` where no page can have named it. */
export function placeOf(cursor: string): Place | undefined {
  const [, createdAtMs, id] = CURSOR.exec(cursor) ?? []
  return createdAtMs === undefined || id === undefined ? undefined : { createdAtMs: Number(createdAtMs), id }
}

/** The order of a list. */
export function inOrder(a: Place, b: Place): number {
  return a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : Number(a.id > b.id))
}
