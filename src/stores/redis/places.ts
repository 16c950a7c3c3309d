import { placeOf } from '../../credentials/page-cursor.js'
import { nameOf, sortableOf } from './text.js'

/** Where something stands in a list: in the order of time, then of ids. */
export function storedPlaceOf(atMs: number, id: string): string {
  return `${sortableOf(atMs)}:${nameOf(id)}`
}

/** The place that a cursor names. */
export function storedPlaceIn(cursor: string): string {
  const place = placeOf(cursor)
  if (place === undefined) throw new Error('this is no cursor of the store')
  return storedPlaceOf(place.createdAtMs, place.id)
}
