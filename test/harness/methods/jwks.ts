import type { RequestListener } from 'node:http'
import { type JwksOptions, jwks } from 'sallyport'
import type { MethodHarness } from '../../contract/method-contract.js'
import { ALICE } from '../../support/addresses.js'
import { makeSigningKey, startKeyServer } from '../../support/key-server.js'
import { tableStore } from '../../support/records.js'

const ISSUER = 'https://id.example'
const AUDIENCE = 'https://shop.example'
const keys = Promise.all([makeSigningKey('ES256', 'key-1'), makeSigningKey('ES256', 'key-1')])

const wrongOption = (changes: object) => () =>
  jwks({ issuer: ISSUER, audience: AUDIENCE, ...changes } as JwksOptions)

export const jwksHarness: MethodHarness = {
  name: 'jwks',
  looksUp: [],
  async open(clock) {
    const [key, stranger] = await keys
    const server = await startKeyServer()
    server.keys.push(key.jwk)
    const now = clock.wallMs() / 1000
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'user-1', jti: 'token-1', iat: now, exp: now + 600 }
    const valid = await key.sign({ ...claims, scope: 'charge' })
    const fault = (how: string, listener: RequestListener) => {
      const begin = () => {
        server.fault = listener
      }
      return [how, begin] as const
    }
    return {
      method: jwks({
        issuer: ISSUER,
        audience: AUDIENCE,
        jwksUri: server.uri,
        principal: ({ scope }) => ({ scopes: String(scope).split(' '), wallets: [ALICE] }),
      }),
      store: tableStore(),
      valid,
      principal: {
        kind: 'jwks',
        accountId: `${ISSUER}|user-1`,
        credentialId: 'token-1',
        role: null,
        scopes: ['charge'],
        wallets: [ALICE],
      },
      invalid: [
        ['a wrong signature', await stranger.sign(claims), 'credential_invalid'],
        ['an unknown key', await key.sign(claims, { kid: 'key-2' }), 'credential_invalid'],
        [
          'another audience',
          await key.sign({ ...claims, aud: 'https://other.example' }),
          'credential_invalid',
        ],
        ['no audience', await key.sign({ iss: ISSUER, sub: 'user-1', exp: now + 600 }), 'credential_invalid'],
        ['a time that is over', await key.sign({ ...claims, exp: now - 60 }), 'credential_expired'],
        ['a time to come', await key.sign({ ...claims, nbf: now + 60 }), 'credential_not_yet_valid'],
      ],
      outages: [
        fault('a server that fails', (_request, response) => void response.writeHead(500).end(valid)),
        fault('a server that hangs', () => undefined),
        fault('a server that talks nonsense', (_request, response) => void response.end(`<html>${valid}`)),
        fault('a server that answers no keys', (_request, response) => void response.end('{"keys":5}')),
        fault('a server that redirects', (_request, response) => {
          response.writeHead(302, { Location: `${server.origin}/elsewhere?token=${valid}` }).end()
        }),
      ],
      secrets: [],
      close: server.close,
    }
  },
  wrong: [
    ['nothing', () => jwks(undefined as never), ['jwks']],
    ['no issuer', wrongOption({ issuer: undefined, jwksUri: 'https://id.example/keys' }), ['jwks.issuer']],
    ['an empty issuer', wrongOption({ issuer: '' }), ['jwks.issuer']],
    ['no audience', wrongOption({ audience: undefined }), ['jwks.audience']],
    ['no audience in a list', wrongOption({ audience: [] }), ['jwks.audience']],
    ['an issuer that is no URL, and no place for the keys', wrongOption({ issuer: 'id' }), ['jwks.jwksUri']],
    ['http beyond loopback', wrongOption({ jwksUri: 'http://id.example/keys' }), ['jwks.jwksUri']],
    ['a file for the keys', wrongOption({ jwksUri: 'file:///etc/keys.json' }), ['jwks.jwksUri']],
    ['no algorithm', wrongOption({ algorithms: [] }), ['jwks.algorithms']],
    ['a symmetric algorithm', wrongOption({ algorithms: ['RS256', 'HS256'] }), ['jwks.algorithms']],
    ['the algorithm none', wrongOption({ algorithms: ['none'] }), ['jwks.algorithms']],
    ['a text for the algorithms', wrongOption({ algorithms: 'RS256' }), ['jwks.algorithms']],
    ['a principal that is no function', wrongOption({ principal: {} }), ['jwks.principal']],
    [
      'all of them',
      wrongOption({ issuer: 5, audience: 5, jwksUri: 5, algorithms: 5, principal: 5, unknown: 1 }),
      [
        ...['jwks.issuer', 'jwks.audience', 'jwks.jwksUri', 'jwks.algorithms', 'jwks.principal'],
        'jwks.unknown is not an option',
      ],
    ],
  ],
}
