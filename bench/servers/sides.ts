import type { Side } from './side.js'

const ours = (framework: string): readonly Side[] => [
  { framework, name: 'bare', presents: 'apiKey', role: 'bare' },
  { framework, name: 'sallyport', presents: 'apiKey', role: 'ours' },
  { framework, name: 'sallyport, JWT', presents: 'token', role: 'ours' },
]

const peer = (framework: string, name: string): Side => ({ framework, name, presents: 'token', role: 'peer' })

/** Every server, by framework. */
export const sides: readonly Side[] = [
  ...ours('Fastify'),
  peer('Fastify', '@fastify/jwt'),
  peer('Fastify', '@fastify/jwt, cache'),
  ...ours('Koa'),
  peer('Koa', 'koa-jwt'),
  ...ours('Express'),
  peer('Express', 'express-jwt'),
  peer('Express', 'express-oauth2-jwt-bearer'),
  { framework: 'Hono', name: 'bare', presents: 'apiKey', role: 'bare' },
  peer('Hono', 'hono/jwt'),
]
