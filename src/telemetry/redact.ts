// Each reads a text in one go: what is told may have been written by a server far away.
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/[\p{Cc}\u2028\u2029]+/gu, ' '],
  [/[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'<>]+/gi, '[url]'],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]*/g, '[token]'],
  [/\b(bearer|basic)\s+[^\s"',;]+/gi, '$1 [credential]'],
  [/((?:key|token|secret|password)["']?\s*[=:]\s*["']?)[^\s"'&,;}]+/gi, '$1[credential]'],
  [/\b(ENOTFOUND|EAI_AGAIN)\s+[^\s,;:)]+/g, '$1 [host]'],
  [/[A-Za-z0-9_-]{24,}/g, '[opaque]'],
]
const MAX_READ = 4_096
const MAX_LENGTH = 500
const MAX_CAUSES = 4

/**
 * Tells an error and its causes in one line, without URLs (RPC endpoints carry keys), tokens or anything else that
 * could be a credential.
 */
export function describeCause(cause: unknown): string {
  const parts: string[] = []
  for (let error = cause; error !== undefined && parts.length < MAX_CAUSES; ) {
    parts.push(describe(error))
    error = error instanceof Error ? error.cause : undefined
  }
  return redact(wholeWords(parts.join(': '))).slice(0, MAX_LENGTH)
}

// The half of a secret would not look like one.
function wholeWords(text: string): string {
  return text.length <= MAX_READ ? text : text.slice(0, text.lastIndexOf(' ', MAX_READ) + 1)
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `a thrown ${typeof error}`
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? `${error.message} (${code})` : error.message
}

function redact(text: string): string {
  return PATTERNS.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), text)
}
