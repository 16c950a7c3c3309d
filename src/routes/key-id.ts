import { placeOf } from '../credentials/page-cursor.js'

const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/

/** Whether a text can be the id of a key: none that this package gives looks otherwise, so no store is asked for it. */
export function isKeyId(text: string): boolean {
  return KEY_ID.test(text)
}

/** Whether a text can be the `next_cursor` of a list of keys. */
export function isKeyCursor(text: string): boolean {
  const place = placeOf(text)
  return place !== undefined && isKeyId(place.id)
}
