import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose'

/** A server on loopback that publishes a set of keys, and everything an identity provider can do wrong. */
export interface KeyServer {
  readonly origin: string
  readonly uri: string
  readonly keys: JWK[]
  /** What it does instead of answering with the keys; `undefined` heals it. */
  fault: RequestListener | undefined
  readonly requests: number
  close(): Promise<void>
}

export async function startKeyServer(): Promise<KeyServer> {
  const keys: JWK[] = []
  let requests = 0
  const http = createServer((request, response) => {
    requests++
    if (server.fault !== undefined) return server.fault(request, response)
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys }))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const server: KeyServer = {
    origin,
    uri: `${origin}/keys.json`,
    keys,
    fault: undefined,
    get requests() {
      return requests
    },
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
  return server
}

/** A key pair of an identity provider. */
export interface SigningKey {
  readonly jwk: JWK
  readonly kid: string
  /** Claims may be anything: what no provider would sign must be signable. */
  sign(claims: object, header?: Partial<JWTHeaderParameters>): Promise<string>
}

export async function makeSigningKey(
  alg: 'RS256' | 'ES256' | 'EdDSA' | 'PS256',
  kid: string,
): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return {
    kid,
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
    sign: (claims, header) =>
      new SignJWT(claims as JWTPayload).setProtectedHeader({ alg, kid, ...header }).sign(privateKey),
  }
}
