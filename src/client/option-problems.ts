import {
  clockProblems,
  isOptions,
  timeoutProblems,
  undefinedOptions,
  unknownOptions,
} from '../option-check.js'
import { isServiceUrl } from '../service-url.js'
import { isWalletAddress } from '../wallet-address.js'
import { isBearerToken } from './token-source.js'

const COMMON = [
  ...['baseUrl', 'wallet', 'walletHeader', 'timeoutMs', 'maxRetries', 'maxWaitMs', 'clock', 'fetch', 'sleep'],
]
const CREDENTIALS = ['apiKey', 'keyId', 'sharedSecret', 'accessToken']
const MINTING = ['keyIdClaim', 'tokenLifetimeSeconds', 'audience', 'jti']
const OPTIONS = [...COMMON, ...CREDENTIALS, ...MINTING]

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const REGISTERED_CLAIMS = ['iat', 'exp', 'aud', 'jti']
const MAX_RETRIES = 10
const MAX_LIFETIME_SECONDS = 3600
const BEARER_RULE = 'a bearer token: letters, digits and -._~+/, with = at the end alone (a line break?)'

type Values = Readonly<Record<string, unknown>>
type Rule = readonly [name: string, sound: (value: unknown) => boolean, rule: string]

// No rule quotes a value: most of them are secrets.
const RULES: readonly Rule[] = [
  ['apiKey', isBearerToken, BEARER_RULE],
  ['accessToken', (value) => isFunction(value) || isBearerToken(value), `${BEARER_RULE}; or a function`],
  ['keyId', isName, 'a text of 1 to 256 characters without control characters'],
  ['sharedSecret', isSecret, 'a text without line breaks and without spaces around it'],
  ['keyIdClaim', (value) => isName(value) && !REGISTERED_CLAIMS.includes(value), 'the name of a claim'],
  [
    'tokenLifetimeSeconds',
    (value) => isWhole(value, 1, MAX_LIFETIME_SECONDS),
    `a whole number from 1 to ${MAX_LIFETIME_SECONDS}`,
  ],
  ['audience', isName, 'a text of 1 to 256 characters without control characters'],
  ['jti', (value) => typeof value === 'boolean', 'true or false'],
  ['wallet', (value) => typeof value === 'string' && isWalletAddress(value), 'a base58 Solana address'],
  ['walletHeader', isWalletHeader, 'the name of a header other than Authorization'],
  ['maxRetries', (value) => isWhole(value, 0, MAX_RETRIES), `a whole number from 0 to ${MAX_RETRIES}`],
  ['fetch', isFunction, 'a function'],
  ['sleep', isFunction, 'a function'],
]

/** Everything that is wrong with a client's options, one sentence each. */
export function clientOptionProblems(options: unknown): string[] {
  if (!isOptions(options))
    return ['createClient must be given options, at least { baseUrl } and a credential']
  const values = options as Values
  return [
    ...unknownOptions('createClient', options, OPTIONS),
    ...undefinedOptions('createClient', options, OPTIONS),
    ...baseUrlProblems(values),
    ...credentialProblems(values),
    ...RULES.filter(([name, sound]) => values[name] !== undefined && !sound(values[name])).map(
      ([name, , rule]) => `createClient.${name} must be ${rule}`,
    ),
    ...timeoutProblems('createClient.timeoutMs', values.timeoutMs),
    ...timeoutProblems('createClient.maxWaitMs', values.maxWaitMs),
    ...clockProblems('createClient.clock', values.clock),
  ]
}

function baseUrlProblems(values: Values): string[] {
  const { baseUrl } = values
  if (Object.hasOwn(values, 'baseUrl') && baseUrl === undefined) return []
  if (isServiceUrl(baseUrl) && !/[?#]/.test(baseUrl)) return []
  return [
    'createClient.baseUrl must be an https URL, or http on loopback, without user name, password, ? and #: ' +
      'credentials are never sent in the clear',
  ]
}

function credentialProblems(values: Values): string[] {
  const given = (name: string) => Object.hasOwn(values, name)
  const minted = given('keyId') || given('sharedSecret')
  const kinds = [given('apiKey'), given('accessToken'), minted].filter((present) => present).length
  const problems: string[] = []
  if (kinds !== 1) {
    problems.push('createClient must be given one of apiKey, accessToken, or keyId with sharedSecret')
  }
  if (minted && !(given('keyId') && given('sharedSecret'))) {
    problems.push('createClient.keyId and createClient.sharedSecret belong together')
  }
  for (const name of MINTING) {
    if (!minted && given(name)) problems.push(`createClient.${name} is for keyId and sharedSecret`)
  }
  return problems
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 256 && /^\P{Cc}+$/u.test(value)
}

function isSecret(value: unknown): boolean {
  return typeof value === 'string' && /^\P{Cc}+$/u.test(value) && value.trim() === value
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function isWalletHeader(value: unknown): boolean {
  return typeof value === 'string' && HEADER_NAME.test(value) && value.toLowerCase() !== 'authorization'
}
