import { createRequire } from 'node:module'

interface PackageFacts {
  readonly version: string
  readonly engines: { readonly node: string }
}

// By its name: how far up it is depends on whether this file is bundled.
const { version, engines } = createRequire(import.meta.url)('sallyport/package.json') as PackageFacts

/** The version of this package. */
export const packageVersion: string = version

/** The versions of Node that it is made for, as in `>=20.19`. */
export const nodeRange: string = engines.node
