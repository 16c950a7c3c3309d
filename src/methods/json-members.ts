/**
 * Whether an object anywhere in a JSON text names a member twice (RFC 7515 §4 asks for refusal; `JSON.parse` keeps the
 * last). The text must already have been accepted by `JSON.parse`.
 */
export function hasDuplicateMembers(json: string): boolean {
  const scopes: (Set<string> | undefined)[] = []
  let expectsName = false
  for (let at = 0; at < json.length; at++) {
    const char = json[at]
    if (char === '"') {
      const end = endOfString(json, at)
      if (expectsName) {
        const names = scopes[scopes.length - 1]
        const name: string = JSON.parse(json.slice(at, end + 1))
        if (names?.has(name)) return true
        names?.add(name)
        expectsName = false
      }
      at = end
    } else if (char === '{') {
      scopes.push(new Set())
      expectsName = true
    } else if (char === '[') {
      scopes.push(undefined)
      expectsName = false
    } else if (char === '}' || char === ']') {
      scopes.pop()
      expectsName = false
    } else if (char === ',') {
      expectsName = scopes[scopes.length - 1] !== undefined
    }
  }
  return false
}

function endOfString(json: string, start: number): number {
  let at = start + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at
}
