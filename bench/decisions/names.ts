/** What is timed in process, by the names that its timings come under. */
export const WARM = { apiKey: 'warm API key', token: 'warm JWT' } as const
export const LIMIT = { apiKey: 'hash and lookup of an API key', token: 'hash and lookup of a JWT' } as const
export const GARBAGE = ['no dot', 'wrong prefix', 'wrong alphabet'] as const
/** A refusal and the answer that it makes. */
export const RENDERED = 'no dot, with its answer'
export const JOSE = 'jose'
export const FAST_JWT_CACHE = 'fast-jwt, cache'
/** Peers that there is no target for. */
export const OTHERS = [
  'fast-jwt',
  '@node-rs/jsonwebtoken',
  'jsonwebtoken, KeyObject',
  'jsonwebtoken, text',
  'hono/jwt, CryptoKey',
] as const
export const COLD = { ours: 'cold JWT', jose: 'cold JWT, jose' } as const
