import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSealer, sealingKeyProblems } from '../../src/credentials/sealing.js'

const newKey = () => randomBytes(32).toString('base64')
const SECRET = 'sec_a shared secret with an ümlaut, kept at rest'

describe('a sealed secret', () => {
  it('opens with its key, in its place', () => {
    const sealer = createSealer([newKey()])
    const sealed = sealer.seal(SECRET, 'cred_1 secret')
    expect(sealed).toMatch(/^v1\.[0-9a-f]{12}\.[A-Za-z0-9_-]+$/)
    expect(sealed).not.toContain('shared')
    expect(sealer.open(sealed, 'cred_1 secret')).toBe(SECRET)
  })

  it('never looks the same twice', () => {
    const sealer = createSealer([newKey()])
    const sealed = Array.from({ length: 50 }, () => sealer.seal(SECRET, 'a'))
    expect(new Set(sealed).size).toBe(50)
  })

  it('does not open in the place of another', () => {
    const sealer = createSealer([newKey()])
    const sealed = sealer.seal(SECRET, 'cred_1 secret')
    for (const place of ['cred_2 secret', 'cred_1 older', 'cred_1 secret ', '']) {
      expect(() => sealer.open(sealed, place)).toThrow()
    }
  })

  it('does not open once any of it has been changed', () => {
    const sealer = createSealer([newKey()])
    const [version, keyId, text = ''] = sealer.seal('a secret', 'a').split('.')
    const bytes = Buffer.from(text, 'base64url')
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(() => sealer.open(`${version}.${keyId}.${changed.toString('base64url')}`, 'a')).toThrow()
    }
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length).toString('base64url')
      expect(() => sealer.open(`${version}.${keyId}.${cut}`, 'a')).toThrow()
    }
    for (const odd of ['', 'v1', 'v2.x.y', `${version}.${keyId}`, `${version}.${keyId}.${text}.x`]) {
      expect(() => sealer.open(odd, 'a')).toThrow()
    }
  })

  it('opens with an older key too, and says that it should be sealed anew', () => {
    const [older, newer] = [newKey(), newKey()]
    const sealed = createSealer([older]).seal(SECRET, 'a')
    const both = createSealer([newer, older])
    expect(both.open(sealed, 'a')).toBe(SECRET)
    expect(both.isCurrent(sealed)).toBe(false)
    const anew = both.seal(SECRET, 'a')
    expect(both.isCurrent(anew)).toBe(true)
    expect(createSealer([newer]).open(anew, 'a')).toBe(SECRET)
    expect(() => createSealer([newer]).open(sealed, 'a')).toThrow(/sealed with the key [0-9a-f]{12}/)
  })

  it('names its key without giving it away', () => {
    const key = newKey()
    const keyId = createSealer([key]).seal('x', 'a').split('.')[1] ?? ''
    expect(Buffer.from(key, 'base64').toString('hex')).not.toContain(keyId)
    expect(createSealer([key]).seal('y', 'b').split('.')[1]).toBe(keyId)
  })
})

describe('a sealing key', () => {
  it('is 32 bytes in base64, in either alphabet', () => {
    const bytes = Buffer.alloc(32, 0xfb)
    for (const fine of [bytes.toString('base64'), bytes.toString('base64url')]) {
      expect(sealingKeyProblems('store', [fine])).toEqual([])
      expect(createSealer([fine]).open(createSealer([bytes.toString('base64')]).seal('x', 'a'), 'a')).toBe(
        'x',
      )
    }
  })

  it.each([
    [undefined],
    [[]],
    ['x'.repeat(44)],
    [['']],
    [[randomBytes(31).toString('base64')]],
    [[randomBytes(33).toString('base64')]],
    [[randomBytes(32).toString('hex')]],
    [[`${newKey()} `]],
    [[newKey(), 5]],
  ])('is refused without being repeated where it is something else: case %#', (keys) => {
    const problems = sealingKeyProblems('sqlStore', keys)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^sqlStore\.sealingKeys must be/)
    for (const key of [keys ?? []].flat().filter((each) => String(each).length > 8)) {
      expect(problems[0]).not.toContain(String(key))
    }
  })
})
