import { readFileSync } from 'node:fs'
import { defineConfig } from 'rolldown'

interface Entry {
  readonly types: string
  readonly default: string
}

const { exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
  readonly exports: Readonly<Record<string, Entry | string>>
}

/** The source of each subpath, by the file that it becomes: `exports` names both, by the type declarations. */
const subpaths = Object.values(exports).flatMap((entry) =>
  typeof entry === 'string'
    ? []
    : [
        [
          entry.default.replace(/^\.\/dist\/js\/(.+)\.js$/, '$1'),
          entry.types.replace(/^\.\/dist\/types\/(.+)\.d\.ts$/, '$1.ts'),
        ] as const,
      ],
)

// What the client and the limits share with the rest. It needs nothing of Node, and no package.
const BASE =
  /[\\/]src[\\/](?:amount|base58|capped-fetch|deadline|gate-error|option-check|service-url|system-clock|wallet-address)\.ts$/

// What spending is decided and managed with: loaded when it is first needed.
const SPENDING =
  /[\\/]src[\\/](?:spend[\\/](?!(?:guard|settling|money|mcc|field-problem|requirement|reservation-id|spend\.)|index\.)|routes[\\/](?:authoriz|decisions|idempotency|intents|management|simulate|spend-))/

// What the gate, the adapters and the stores share, in one file: reading many costs more than reading much.
const CORE = /[\\/]src[\\/](?!(?:balances|cli|client|limits|stores|testing)[\\/])/

export default defineConfig({
  input: { ...Object.fromEntries(subpaths), cli: 'src/cli/main.ts' },
  platform: 'node',
  external: /^[^./](?!:[\\/])/,
  output: {
    dir: 'dist/js',
    cleanDir: true,
    sourcemap: true,
    minifyInternalExports: false,
    // The declarations carry them, and they take time to read.
    comments: { jsdoc: false },
    chunkFileNames: 'shared/[name].js',
    codeSplitting: {
      groups: [
        { name: 'base', test: BASE, priority: 3 },
        // What a group imports goes with it, so the groups that others rest on come first.
        { name: 'core', test: (id) => CORE.test(id) && !SPENDING.test(id), priority: 2, minShareCount: 2 },
        { name: 'spending', test: SPENDING, priority: 1 },
      ],
    },
  },
})
