/** What a host has done with a body before the key routes see it. */
export type Parser = 'none' | 'form' | 'bytes' | 'text' | 'json'

/** A body that a key route is sent, and the answer of every major. */
export interface BodyCase {
  readonly situation: string
  readonly method: 'POST' | 'PATCH' | 'DELETE'
  /** Below `/v1/keys`; `:id` stands for a key of the caller's own. */
  readonly path: string
  /** Written as JSON, or as it is where it is text or bytes. */
  readonly body: unknown
  readonly mediaType?: string | null
  /** The hosts' own parsers that would refuse it, or mend it, before the endpoint sees it. Fastify's come behind. */
  readonly notThrough?: readonly Parser[]
  readonly status: number
  readonly code: string
  readonly detail?: string
}

const RENAME = { method: 'PATCH', path: '/:id' } as const
const REVOKE = { method: 'DELETE', path: '/:id' } as const
const CREATE = { method: 'POST', path: '' } as const
const TOGGLE = { method: 'POST', path: '/:id/toggle' } as const
const ROTATE = { method: 'POST', path: '/:id/rotate' } as const

const invalid = (detail?: string) => {
  const told = { status: 400, code: 'body_invalid' }
  return detail === undefined ? told : { ...told, detail }
}
const show = (value: unknown) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 40)}... (${text.length})` : text
}

const NAME_RULE =
  'name must be 1 to 100 characters, none of them a control or invisible one, and no space at either end'

export const BAD_NAMES: readonly unknown[] = [
  null,
  7,
  true,
  [],
  ['prod'],
  {},
  '',
  ' ',
  ' '.repeat(50),
  '\u00a0\u3000',
  ' prod',
  'prod ',
  'prod\u00a0',
  'a\u0000b',
  'a\nb',
  'a\r\nSet-Cookie: x',
  'a\tb',
  'a\u007fb',
  'a\u0085b',
  '\u001b[31mred',
  '\u200b',
  'a\u200bb',
  'a\u200db',
  '\u2060',
  '\ufeffprod',
  'a\u00adb',
  'a\u202eb',
  'a\u2066b',
  'a\u2028b',
  'a\u2029b',
  '\ud800',
  'a\udc00b',
  '\ue000',
  '\uffff',
  'x'.repeat(101),
  'x'.repeat(10_000),
]

// Letters and marks that show nothing: a key of such a name has none that anybody could read.
export const BLANK_NAMES: readonly string[] = ['\u3164', '\uffa0', '\u115f', '\u2800', '\u034f', 'prod\u034f']

export const BAD_TIMES: readonly unknown[] = [
  '2025-12-31T23:59:59Z',
  '2026-01-01T00:00:00Z',
  '1970-01-01T00:00:00Z',
  '2030-01-01',
  '2030-01-01T00:00:00',
  '2030-01-01T00:00Z',
  '2030-01-01 00:00:00Z',
  '2030-01-01T00:00:00+0200',
  '2030-01-01T00:00:00+24:00',
  '2030-13-01T00:00:00Z',
  '2030-01-32T00:00:00Z',
  '2030-01-01T25:00:00Z',
  '2030-01-01T00:60:00Z',
  '2030-01-01T00:00:61Z',
  '10000-01-01T00:00:00Z',
  '+010000-01-01T00:00:00Z',
  '-2030-01-01T00:00:00Z',
  ' 2030-01-01T00:00:00Z',
  '2030-01-01T00:00:00Z\n',
  '２０３０-01-01T00:00:00Z',
  'Fri, 01 Jan 2030 00:00:00 GMT',
  'never',
  '',
  1_900_000_000,
  1_900_000_000_000,
  '1900000000000',
  true,
  [],
  ['2030-01-01T00:00:00Z'],
  {},
]

// RFC 3339 has no such days and hours, and no year of five digits to answer with.
export const IMPOSSIBLE_TIMES: readonly string[] = [
  '2030-02-30T00:00:00Z',
  '2030-02-29T00:00:00Z',
  '2030-04-31T00:00:00Z',
  '2030-01-01T24:00:00Z',
  '9999-12-31T23:59:59-23:59',
]

const BAD_OVERLAPS: readonly unknown[] = [
  -1,
  0.5,
  59.999,
  2_592_001,
  1e9,
  2 ** 53,
  1e308,
  '60',
  '',
  null,
  true,
  [],
  [60],
  {},
]

const UNSUPPORTED = { status: 415, code: 'media_type_unsupported', detail: 'Send application/json' }
const MEDIA_TYPES = [null, '', 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']

function memberCases(): BodyCase[] {
  const other = (known: string) => invalid(`The body has members other than ${known}`)
  return [
    ...BAD_NAMES.flatMap((name) => [
      { ...CREATE, situation: `a key of the name ${show(name)}`, body: { name }, ...invalid(NAME_RULE) },
      { ...RENAME, situation: `the name ${show(name)}`, body: { name }, ...invalid(NAME_RULE) },
    ]),
    { ...CREATE, situation: 'a key without a name', body: {}, ...invalid(NAME_RULE) },
    { ...RENAME, situation: 'no name', body: {}, ...invalid(NAME_RULE) },
    ...BAD_TIMES.map((expires_at) => ({
      ...CREATE,
      situation: `a key that expires at ${show(expires_at)}`,
      body: { name: 'x', expires_at },
      ...invalid('expires_at must be a time to come, such as 2030-01-31T00:00:00Z'),
    })),
    ...[null, 'a', 7, {}, [7], [null], [['a']], ['a', 'b']].map((scopes) => ({
      ...CREATE,
      situation: `a key of the scopes ${show(scopes)}`,
      body: { name: 'x', scopes },
      ...invalid('scopes must be a list of a'),
    })),
    ...BAD_OVERLAPS.map((overlap_seconds) => ({
      ...ROTATE,
      situation: `an overlap of ${show(overlap_seconds)}`,
      body: { overlap_seconds },
      ...invalid('overlap_seconds must be a whole number from 0 to 2592000'),
    })),
    {
      ...ROTATE,
      situation: 'an overlap beyond all numbers',
      body: '{"overlap_seconds":1e400}',
      mediaType: 'application/json',
      ...invalid('overlap_seconds must be a whole number from 0 to 2592000'),
    },
    ...[null, 0, 1, 'true', 'false', [], {}].map((is_active) => ({
      ...TOGGLE,
      situation: `a toggle to ${show(is_active)}`,
      body: { is_active },
      ...invalid('is_active must be true or false'),
    })),
    {
      ...CREATE,
      situation: 'an unknown member of a key',
      body: { name: 'x', expiresAt: 7 },
      ...other('name, environment, scopes, expires_at'),
    },
    {
      ...RENAME,
      situation: 'an unknown member of a name',
      body: { name: 'x', is_active: false },
      ...other('name'),
    },
    {
      ...TOGGLE,
      situation: 'an unknown member of a toggle',
      body: { active: false },
      ...other('is_active'),
    },
    {
      ...ROTATE,
      situation: 'an unknown member of a rotation',
      body: { overlap: 7 },
      ...other('overlap_seconds'),
    },
    { ...REVOKE, situation: 'a member of a revocation', body: { reason: 'lost' }, ...invalid() },
  ]
}

/** What is wrong with the body itself, alike on every route that reads one. */
function formCases(): BodyCase[] {
  const routes = { create: CREATE, rename: RENAME, toggle: TOGGLE, rotate: ROTATE, revoke: REVOKE }
  const notObject = invalid('The body must be a JSON object')
  const notJson = invalid('The body is not valid JSON')
  const notThrough = ['json'] as const
  return Object.entries(routes).flatMap(([verb, route]): BodyCase[] => {
    const typed = { ...route, mediaType: 'application/json' }
    return [
      { ...typed, situation: `a list to ${verb}`, body: '[]', ...notObject },
      ...['null', 'true', '7', '"x"'].map((body) => ({
        ...typed,
        situation: `${body} to ${verb}`,
        body,
        notThrough,
        ...notObject,
      })),
      ...['{', '{"name":', "{'name':1}", '{}{}', '{"name":"x"}x', ' '].map((body) => ({
        ...typed,
        situation: `the text ${body} to ${verb}`,
        body,
        notThrough,
        ...notJson,
      })),
      {
        ...typed,
        situation: `a body that is no UTF-8 to ${verb}`,
        body: Buffer.from('{"name":"\xff"}', 'latin1'),
        notThrough: ['text', 'json'],
        ...notJson,
      },
      {
        ...typed,
        situation: `a body of more than 16 KiB to ${verb}`,
        body: '{"name":"x"}'.padEnd(16_385),
        notThrough,
        status: 413,
        code: 'body_too_large',
        detail: 'The body may have at most 16384 bytes',
      },
      {
        ...typed,
        situation: `a body of a megabyte to ${verb}`,
        body: JSON.stringify({ name: 'x'.repeat(1_000_000) }),
        notThrough: ['bytes', 'text', 'json'],
        status: 413,
        code: 'body_too_large',
      },
      {
        ...typed,
        situation: `a member that would be a prototype to ${verb}`,
        body: '{"__proto__":{"name":"x","is_active":false,"overlap_seconds":0}}',
        notThrough,
        ...invalid(),
      },
      ...MEDIA_TYPES.map((mediaType) => ({
        ...route,
        situation: `the media type ${mediaType} to ${verb}`,
        body: '{"name":"x"}',
        mediaType,
        ...UNSUPPORTED,
      })),
    ]
  })
}

export const bodyCases: readonly BodyCase[] = [...memberCases(), ...formCases()]
