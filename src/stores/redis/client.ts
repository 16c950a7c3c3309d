import type { Script } from './script.js'

/** What is used of an ioredis client: one server, a cluster or sentinels. */
export interface IoRedisClient {
  evalsha(sha: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
}

/** What is used of a node-redis client: one server, a pool, a cluster or sentinels. */
export interface NodeRedisClient {
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** A connected client of ioredis or node-redis. */
export type RedisClient = IoRedisClient | NodeRedisClient

/** Runs a script on the keys of one store. */
export type RunScript = (script: Script, ...values: string[]) => Promise<unknown>

/** Whether something is a client of a shape that is known. */
export function isRedisClient(value: unknown): value is RedisClient {
  const { evalsha, evalSha, eval: whole } = (value ?? {}) as Record<string, unknown>
  return typeof whole === 'function' && (typeof evalsha === 'function' || typeof evalSha === 'function')
}

/**
 * Runs scripts by their digest; where Redis does not know one (it was started anew, or its scripts were flushed), as a
 * whole. A script that is not known has done nothing.
 *
 * @param key - Scripts derive every name from it, so all of them are in its slot. The client may put a prefix before it.
 */
export function createRunner(client: RedisClient, key: string): RunScript {
  const call =
    'evalsha' in client
      ? ({ sha, text }: Script, isKnown: boolean, values: string[]) =>
          isKnown ? client.evalsha(sha, 1, key, ...values) : client.eval(text, 1, key, ...values)
      : ({ sha, text }: Script, isKnown: boolean, values: string[]) => {
          const options = { keys: [key], arguments: values }
          return isKnown ? client.evalSha(sha, options) : client.eval(text, options)
        }

  return async (script, ...values) => {
    try {
      return await call(script, true, values)
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return call(script, false, values)
    }
  }
}
