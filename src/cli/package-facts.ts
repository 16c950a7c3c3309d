import { readFileSync } from 'node:fs'

interface PackageFacts {
  readonly version: string
  readonly engines: { readonly node: string }
}

// From dist/src/cli to the root of the package.
const { version, engines } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
) as PackageFacts

/** The version of this package. */
export const packageVersion: string = version

/** The versions of Node that it is made for, as in `>=20.19`. */
export const nodeRange: string = engines.node
