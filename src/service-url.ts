const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether a text is an `http` or `https` URL. One with a user name or a password is not: `fetch` refuses it. */
export function isHttpUrl(text: unknown): text is string {
  if (typeof text !== 'string' || !URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === ''
}

/** Whether a URL may carry secrets: `https`, or `http` to this very machine. */
export function isServiceUrl(text: unknown): text is string {
  if (!isHttpUrl(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || LOOPBACK.has(hostname)
}
