// What people put where a secret belongs.
const WORDS =
  /qwertyuiop|asdfghjkl|zxcvbnm|1234567890|0123456789|secret|passw(?:or)?d|passphrase|change|replace|this|your|super|very|long|strong|random|string|token|session|default|example|sample|production|development|staging|testing|test|please|insecure|value|here|minimum|character|bytes|hello|world|admin|user|login|qwerty|asdf|zxcv|letmein|welcome|iloveyou|monkey|dragon|sallyport|solana|wallet|acto|auctra|merchant|shop|server|backend|private|shared|signing|jwt|key|with|for|the|and|foo|bar|baz/gi
const PASSPHRASE = /^[A-Za-z][a-z]+(?:[ _.,-][A-Za-z][a-z]+)+[\d!?.]{0,6}$/
const SEPARATORS = /[ _.,-]+/
const WORD_BITS = 8
const PASSPHRASE_WORD_BITS = 12
/** Random secrets of 128 bits or more come out above it, whatever their alphabet. */
const LEAST_BITS = 78

/** Whether a secret could be guessed, as far as its looks tell. */
export function isGuessable(secret: string): boolean {
  return guessedBits(secret) < LEAST_BITS
}

/** A low estimate of how many bits of chance there are in a text. */
function guessedBits(secret: string): number {
  return Math.min(passphraseBits(secret), wordBits(secret), chanceBits(secret))
}

function passphraseBits(secret: string): number {
  if (!PASSPHRASE.test(secret)) return Number.POSITIVE_INFINITY
  return new Set(secret.split(SEPARATORS)).size * PASSPHRASE_WORD_BITS
}

function wordBits(secret: string): number {
  const words = [...secret.matchAll(WORDS)].map(([word]) => word.toLowerCase())
  // Three letters are a word by chance now and then; that a third of it is words is none.
  if (words.join('').length * 3 <= secret.length) return Number.POSITIVE_INFINITY
  const rest = secret.replace(WORDS, '').split(SEPARATORS).join('')
  return new Set(words).size * WORD_BITS + chanceBits(rest)
}

// By how its characters are spread, by how rarely two come together again, and without runs such as 0123 or aaaa.
function chanceBits(text: string): number {
  const characters = [...text]
  const codes = characters.map((character) => character.codePointAt(0) ?? 0)
  const steps = codes.map((code, at) => code - (codes[at - 1] ?? Number.NaN))
  const predictable = steps.filter((step, at) => step === steps[at - 1] && Math.abs(step) <= 1).length
  const perCharacter = entropyBits(characters)
  const pairs = new Set(characters.slice(1).map((character, at) => `${characters[at]}${character}`))
  return perCharacter * Math.min(characters.length - predictable, pairs.size + 1)
}

/** Shannon's entropy of one character. */
function entropyBits(characters: readonly string[]): number {
  const counts = new Map<string, number>()
  for (const character of characters) counts.set(character, (counts.get(character) ?? 0) + 1)
  return [...counts.values()].reduce((bits, count) => {
    const share = count / characters.length
    return bits - share * Math.log2(share)
  }, 0)
}
