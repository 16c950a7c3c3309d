import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readable, storable } from '../../src/stores/sql/text.js'
import { CALL, describeOnBoth } from './sql-kit.js'

const ODD = [
  '\0',
  'a\0b',
  '\\',
  '\\0',
  '\\\\0',
  '\ud800',
  '\udfff\ud800',
  '\\ud800',
  '\ufffd',
  'é',
  'e\u0301',
  '😀',
]
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...ODD, 'u', '0', 'd800')).map((parts) => parts.join('')),
)

it('writes any text so that it can be read again, without NUL and halves of characters', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const stored = storable(text)
      expect(readable(stored)).toBe(text)
      expect(stored).not.toMatch(/\0|\p{Cs}/u)
    }),
  )
})

it('takes nothing for a text that is none', () => {
  for (const value of [true, undefined, null, 7, {}]) {
    expect(() => storable(value as string)).toThrow(TypeError)
  }
})

describeOnBoth('texts', (fresh) => {
  it('are kept as they are, and told apart, whatever they are made of', async () => {
    const store = (await fresh()).store()
    for (const text of ODD) {
      const added = await store.addCredential(
        {
          kind: 'sharedSecret',
          id: text,
          accountId: text,
          wallets: [text],
          role: text,
          scopes: [text, text],
          environment: text,
          expiresAtMs: 1.25,
          status: 'active',
          name: text,
          createdAtMs: 1e13 + 0.5,
          createdBy: text,
          rotatedAtMs: 1e300,
          revokedAtMs: null,
          version: 1,
          keyId: text,
          secret: text.repeat(40),
          older: null,
        },
        1,
        CALL,
      )
      expect(added).toBe('added')
    }
    const { entries } = await store.listCredentials({ limit: 100 }, CALL)
    expect(new Set(entries.map(({ id }) => id))).toEqual(new Set(ODD))
    for (const text of ODD) {
      expect(await store.findCredential({ kind: 'sharedSecret', keyId: text }, CALL)).toMatchObject({
        id: text,
      })
      expect(await store.readCredential(text, CALL)).toMatchObject({
        accountId: text,
        wallets: [text],
        role: text,
        scopes: [text, text],
        environment: text,
        expiresAtMs: 1.25,
        name: text,
        createdAtMs: 1e13 + 0.5,
        createdBy: text,
        rotatedAtMs: 1e300,
      })
    }
  })

  it.each([['none'], ['\0'], ['\ud800'], ['x'.repeat(100_000)], [undefined], [7], [{}]])(
    'that nobody has are not found (%#)',
    async (text) => {
      const store = (await fresh()).store()
      const asked = text as string
      expect(await store.findCredential({ kind: 'apiKey', digest: asked }, CALL)).toBeUndefined()
      expect(await store.findCredential({ kind: 'sharedSecret', keyId: asked }, CALL)).toBeUndefined()
      expect(await store.readCredential(asked, CALL)).toBeUndefined()
    },
  )
})
