import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeCause } from '../../src/telemetry/redact.js'
import { API_KEY, SECRET } from '../support/records.js'
import { mint } from '../support/tokens.js'

const TOKEN = mint({ key_id: 'api_key_abc123', iat: 1, exp: 2 }, SECRET)
const UUID = '1b4e28ba-2fa1-11d2-883f-0016d3cca427'

describe('a cause, as it is told', () => {
  it.each([
    ['a URL with a key', `fetch https://rpc.example/?api-key=${UUID} failed`, 'fetch [url] failed'],
    ['a URL with a password', 'connect redis://user:hunter2@10.0.0.7:6379/0', 'connect [url]'],
    ['a URL of an odd scheme', 'postgresql+psycopg2://u:hunter2@db/x refused', '[url] refused'],
    ['a URL of a very long scheme', `${'x'.repeat(30)}://u:hunter2@db`, `${'x'.repeat(9)}[url]`],
    ['a URL in quotes', 'connect "wss://rpc.example/hunter2"', 'connect "[url]"'],
    ['a JWT', `no row for ${TOKEN}!`, 'no row for [token]!'],
    ['a JWT without a signature', 'eyJhbGciOiJub25lIn0.eyJhIjoxfQ. was sent', '[token] was sent'],
    [
      'a bearer token',
      'sent Authorization: Bearer hunter2, got 401',
      'sent Authorization: Bearer [credential], got 401',
    ],
    ['basic credentials', 'basic dXNlcjpodW50ZXIy', 'basic [credential]'],
    ['a key in a query', `?api-key=${UUID}&x=1`, '?api-key=[credential]&x=1'],
    ['a secret in a query', 'client_secret=hunter2&x=1', 'client_secret=[credential]&x=1'],
    ['an access token', 'access_token=hunter2', 'access_token=[credential]'],
    [
      'a password in a connection string',
      'host=db password=hunter2 user=x',
      'host=db password=[credential] user=x',
    ],
    ['a secret in JSON', '{"secret":"hunter2","id":1}', '{"secret":"[credential]","id":1}'],
    ['a secret in a log line', 'x-api-key: hunter2', 'x-api-key: [credential]'],
    ['an API key', `no such key ${API_KEY}`, 'no such key [opaque]'],
    ['a shared secret', `signed with ${SECRET}.`, 'signed with [opaque].'],
    ['a digest', `row ${'ab'.repeat(32)} is locked`, 'row [opaque] is locked'],
  ])('does not hold %s', (_what, message, told) => {
    expect(describeCause(new Error(message))).toBe(told)
  })

  it('says what a person needs', () => {
    const cause = new Error('connect ECONNREFUSED 10.0.0.7:6379')
    expect(describeCause(Object.assign(cause, { code: 'ECONNREFUSED' }))).toBe(
      'connect ECONNREFUSED 10.0.0.7:6379 (ECONNREFUSED)',
    )
  })

  it('is told with its own causes, four deep', () => {
    const deep = [5, 4, 3, 2, 1].reduce<Error | undefined>(
      (cause, depth) => new Error(`cause ${depth}`, { cause }),
      undefined,
    )
    expect(describeCause(deep)).toBe('cause 1: cause 2: cause 3: cause 4')
    const ring: Error = new Error('ring')
    ring.cause = ring
    expect(describeCause(ring)).toBe('ring: ring: ring: ring')
  })

  it.each([
    ['a text', 'went wrong', 'went wrong'],
    ['null', null, 'a thrown object'],
    ['a number', 5, 'a thrown number'],
    ['an object', { password: 'hunter2' }, 'a thrown object'],
    ['nothing', undefined, ''],
  ])('may be %s', (_what, cause, told) => {
    expect(describeCause(cause)).toBe(told)
  })

  it('is one line: whoever wrote it cannot write another one into the log', () => {
    const told = describeCause(
      new Error('no\r\n2026-01-01 allowed root\u2028x\u2029y\u0000z\u001b[31m\u0085'),
    )
    expect(told).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
    expect(told).toContain('no 2026-01-01 allowed root')
  })

  it('has at most 500 characters, and ends without half a secret', () => {
    expect(describeCause(new Error('word '.repeat(1_000))).length).toBe(500)
    for (let before = 4_040; before <= 4_100; before++) {
      const text = `https://${'x'.repeat(before)} ${API_KEY}`
      expect(describeCause(new Error(text))).not.toContain('sk_k')
    }
  })

  it('holds no random secret wherever it stands', () => {
    const words = fc.lorem({ maxCount: 3 })
    const around = fc.constantFrom(' ', '"', "'", '(', '=', ':', ', ', '\n', '/', '.')
    fc.assert(
      fc.property(words, around, words, (before, mark, after) => {
        const secret = randomBytes(32).toString('base64url')
        expect(describeCause(new Error(`${before}${mark}${secret}${mark}${after}`))).not.toContain(
          secret.slice(0, 20),
        )
      }),
    )
  })

  it.each([
    ['dots', 'a.'.repeat(500_000)],
    ['hyphens', 'a-'.repeat(500_000)],
    ['letters', 'a'.repeat(1_000_000)],
    ['the beginnings of tokens', '-eyJ'.repeat(250_000)],
    ['spaces', `bearer${' '.repeat(1_000_000)}`],
    ['the word key', 'key '.repeat(250_000)],
    ['newlines', '\n'.repeat(1_000_000)],
  ])('is told quickly, though it is a megabyte of %s', (_what, message) => {
    const startedMs = performance.now()
    describeCause(new Error(message))
    expect(performance.now() - startedMs).toBeLessThan(1_000)
  })
})
