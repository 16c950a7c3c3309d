import type { AdapterHarness } from './contract/adapter-contract.js'
import type { BalanceHarness } from './contract/balance-contract.js'
import type { MethodHarness } from './contract/method-contract.js'
import type { StoreHarness } from './contract/store-harness.js'
import { expressHarnesses } from './harness/adapters/express.js'
import { fastifyHarnesses } from './harness/adapters/fastify.js'
import { koaHarnesses } from './harness/adapters/koa.js'
import {
  breakerHarness,
  cachedHarness,
  cappedHarness,
  failoverHarness,
} from './harness/balances/decorators.js'
import { sharedHarness } from './harness/balances/shared.js'
import { solanaHarness } from './harness/balances/solana.js'
import { apiKeyHarness } from './harness/methods/api-key.js'
import { jwksHarness } from './harness/methods/jwks.js'
import { sharedSecretJwtHarness } from './harness/methods/shared-secret-jwt.js'
import { walletSessionHarness } from './harness/methods/wallet-session.js'
import { composeHarness } from './harness/stores/compose.js'
import { ioredisHarness } from './harness/stores/ioredis.js'
import { memoryHarness } from './harness/stores/memory.js'
import { nodeRedisHarness } from './harness/stores/node-redis.js'
import { postgresHarness } from './harness/stores/postgres.js'
import { sqliteHarness } from './harness/stores/sqlite.js'

/**
 * Every plug-in, by the name of its file: the contract suites run over these, and `contract.test.ts` fails for a file
 * without an entry.
 */
export const adapters: Readonly<Record<string, readonly AdapterHarness[]>> = {
  express: expressHarnesses,
  fastify: fastifyHarnesses,
  koa: koaHarnesses,
}

export const methods: Readonly<Record<string, MethodHarness>> = {
  'api-key': apiKeyHarness,
  'shared-secret-jwt': sharedSecretJwtHarness,
  'wallet-session': walletSessionHarness,
  jwks: jwksHarness,
}

export const balanceSources: Readonly<Record<string, BalanceHarness>> = {
  solana: solanaHarness,
  cached: cachedHarness,
  failover: failoverHarness,
  capped: cappedHarness,
  breaker: breakerHarness,
  shared: sharedHarness,
}

export const stores: Readonly<Record<string, readonly StoreHarness[]>> = {
  memory: [memoryHarness],
  sqlite: [sqliteHarness],
  sql: [postgresHarness],
  redis: [ioredisHarness, nodeRedisHarness],
  compose: [composeHarness],
}
