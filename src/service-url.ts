const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether a URL may carry secrets: `https`, or `http` to this very machine; none of its own, which fetch refuses. */
export function isServiceUrl(text: unknown): text is string {
  if (typeof text !== 'string' || !URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
}

/** Whether a text is an `http` or `https` URL. */
export function isHttpUrl(text: unknown): text is string {
  return typeof text === 'string' && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}
