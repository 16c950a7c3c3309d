import { Failure } from './failure.js'

const MISSING: readonly unknown[] = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']

/**
 * Loads what only some stores need.
 *
 * @param packages - What is to be installed where something is missing.
 */
export async function loadPackage<T>(load: () => Promise<T>, packages: string): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    if (!MISSING.includes((cause as { code?: unknown } | undefined)?.code)) throw cause
    throw new Failure(
      'package_missing',
      `this store needs packages that are missing: npm install ${packages}`,
      {
        cause,
      },
    )
  }
}
