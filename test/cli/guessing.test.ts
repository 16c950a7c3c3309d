import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isGuessable } from '../../src/cli/doctor/secret-strength.js'
import { durationSeconds, momentMs } from '../../src/cli/duration.js'

describe('a guess at how good a secret is', () => {
  it.each([
    'a'.repeat(64),
    'abc'.repeat(14),
    '0123456789012345678901234567890123456789',
    'abcdefghijklmnopqrstuvwxyz0123456789',
    'qwertyuiopasdfghjklzxcvbnm1234567890',
    'change-me-change-me-change-me-change-me',
    'this-is-my-super-secret-session-key-change-me',
    'replace_with_a_random_string_of_32_bytes',
    'SessionSecretForProductionServer2026!!',
    'your-256-bit-secret-your-256-bit-secret',
    'correct horse battery staple tiger moon',
  ])('calls %s guessable', (secret) => {
    expect(isGuessable(secret)).toBe(true)
  })

  it('lets random ones be, in whatever alphabet', () => {
    const makers = [
      () => randomBytes(32).toString('base64'),
      () => randomBytes(32).toString('base64url'),
      () => randomBytes(32).toString('hex'),
      () => randomBytes(24).toString('base64'),
      () => `sec_${randomBytes(32).toString('base64url')}`,
      () => randomUUID() + randomUUID(),
    ]
    const wronged = makers.flatMap((make) => Array.from({ length: 2_000 }, make)).filter(isGuessable)
    expect(wronged).toEqual([])
  })
})

describe('a duration', () => {
  it('is a number and a unit', () => {
    const read = ['30s', '5m', '2h', '90d', '1w', '0d'].map(durationSeconds)
    expect(read).toEqual([30, 300, 7_200, 7_776_000, 604_800, 0])
    for (const text of ['', '90', 'd', '-1d', '1.5h', '1 d', '1D', '1y', '9999999999d']) {
      expect(durationSeconds(text)).toBeUndefined()
    }
  })

  it('counts from now where a moment is asked for, and dates are those of RFC 3339', () => {
    const nowMs = Date.parse('2026-11-22T12:00:00Z')
    expect(momentMs('1d', nowMs)).toBe(Date.parse('2026-11-23T12:00:00Z'))
    expect(momentMs('2027-01-31', nowMs)).toBe(Date.parse('2027-01-31T00:00:00Z'))
    expect(momentMs('2028-02-29T01:02:03+02:00', nowMs)).toBe(Date.parse('2028-02-28T23:02:03Z'))
    expect(momentMs('2027-01-31t10:00:00.5z', nowMs)).toBe(Date.parse('2027-01-31T10:00:00.500Z'))
    for (const text of [
      ...[
        '2027-02-29',
        '2027-02-30',
        '2027-13-01',
        '2027-1-1',
        '01/31/2027',
        '2027',
        'tomorrow',
        '1795349341157',
      ],
      ...['2027-01-31T10:00', '2027-01-31T10:00:00', '2027-01-31T25:00:00Z', '2027-01-31T10:00:00+99:00'],
    ]) {
      expect(momentMs(text, nowMs)).toBeUndefined()
    }
  })
})
