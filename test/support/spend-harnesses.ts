import type { SpendHarness } from './spend-app.js'
import { expressSpendHarnesses } from './spend-express.js'
import { fastifySpendHarnesses } from './spend-fastify.js'
import { koaSpendHarnesses } from './spend-koa.js'

/** Every major of every framework, with a guarded route. */
export const spendHarnesses: readonly SpendHarness[] = [
  ...expressSpendHarnesses,
  ...fastifySpendHarnesses,
  ...koaSpendHarnesses,
]
