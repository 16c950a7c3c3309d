const MAX_CHARACTERS = 100
// Also what is drawn as nothing: fillers, joiners, the blank of braille.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/u

/** What a credential may be called, in words. */
export const NAME_RULE: string = `1 to ${MAX_CHARACTERS} characters, none of them a control or invisible one, and no space at either end`

/** Whether a credential may be called this. Names are shown to people: what cannot be seen could lie to them. */
export function isName(name: unknown): name is string {
  return (
    typeof name === 'string' &&
    name !== '' &&
    [...name].length <= MAX_CHARACTERS &&
    name === name.trim() &&
    !UNSEEN.test(name)
  )
}
