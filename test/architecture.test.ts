import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

interface SourceFile {
  readonly path: string
  readonly text: string
  /** What it imports: a path from the root for our own files, the specifier for packages. */
  readonly imports: readonly string[]
}

function readFolder(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(folder, name)
      const text = readFileSync(join(root, path), 'utf8')
      return { path, text, imports: importsOf(path, text) }
    })
}

function importsOf(path: string, text: string): string[] {
  const specifiers = [...withoutComments(text).matchAll(/(?:\bfrom|\bimport\(|^import)\s*'([^']+)'/gm)].map(
    (match) => match[1] ?? '',
  )
  return specifiers.map((specifier) =>
    specifier.startsWith('.')
      ? relative(root, resolve(root, dirname(path), specifier)).replace(/\.js$/, '.ts')
      : specifier,
  )
}

const core = readFolder('src')
const adapters = readFolder('adapters')
const all = [...core, ...adapters]

/** Who may import a package. Whatever is not named may be imported by nobody. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  '@solana/web3.js': /^src\/balances\/solana\/(?:rpc|token-accounts|associated-accounts)\.ts$/,
  'lru-cache':
    /^src\/(?:balances\/(?:cached|solana)\/[a-z-]+|credentials\/lookup|spend\/standing|verified-cache)\.ts$/,
  'jose/errors': /^src\/methods\//,
  'jose/jwks/remote': /^src\/methods\/jwks\.ts$/,
  'jose/jws/compact/verify': /^src\/methods\/jws-signature\.ts$/,
  'jose/jwt/sign': /^src\/(?:sign-in\/session|client\/shared-secret-token|testing\/mint-token)\.ts$/,
  kysely: /^src\/stores\/(?:sql\/|sql\.ts|sqlite\.ts)|^src\/cli\/open-(?:postgres|sqlite)\.ts$/,
  libsql: /^src\/(?:stores\/sql\/(?:file|libsql-connection)|cli\/open-sqlite)\.ts$/,
  'rate-limiter-flexible': /^src\/limits\//,
  luxon: /^src\/spend\/calendar\.ts$/,
  commander: /^src\/cli\//,
  pg: /^src\/cli\/open-postgres\.ts$/,
  ioredis: /^src\/cli\/open-redis\.ts$/,
  'node:assert/strict': /^src\/testing\//,
  fastify: /^adapters\/fastify\.ts$/,
  'fastify-plugin': /^adapters\/fastify\.ts$/,
  'node:crypto':
    /^src\/(?:decision-id|digest|(?:credentials|methods|sign-in|spend|usage|limits|testing|cli|stores\/sql|stores\/redis)\/[a-z0-9-]+)\.ts$/,
  'node:buffer': /^src\/methods\/compact-jwt\.ts$/,
  'node:module': /^src\/cli\/package-facts\.ts$/,
  'node:net': /^src\/client-address\.ts$/,
  'node:fs': /^src\/cli\//,
  'node:util': /^src\/credentials\/snapshot\.ts$/,
  'node:path': /^src\/stores\/sql\/file\.ts$/,
  'node:timers/promises': /^src\/stores\/sql\/retry\.ts$/,
  'node:async_hooks': /^src\/balances\/solana\/rpc\.ts$/,
  'node:stream': /^src\/routes\//,
  'node:http': /^adapters\//,
}

/** What a folder of the core may import of the core: folders, and files at its top. */
const FOLDERS: Readonly<Record<string, RegExp>> = {
  ports: /^src\/(?:ports\/|amount\.ts|credentials\/(?:credential|entry)\.ts)/,
  credentials: /^src\/(?:credentials|ports|stages\/attempt\.ts|[a-z0-9-]+\.ts)/,
  usage: /^src\/(?:usage|ports|stages\/attempt\.ts|telemetry\/outage-warner\.ts|[a-z0-9-]+\.ts)/,
  limits: /^src\/(?:limits|ports|[a-z0-9-]+\.ts)/,
  client: /^src\/(?:client|ports|[a-z0-9-]+\.ts)/,
  methods: /^src\/(?:methods|credentials|ports|[a-z0-9-]+\.ts)/,
  'sign-in': /^src\/(?:sign-in|credentials|methods\/token-type\.ts|[a-z0-9-]+\.ts)/,
  balances: /^src\/(?:balances|ports|[a-z0-9-]+\.ts)/,
  stores: /^src\/(?:stores|credentials|ports|[a-z0-9-]+\.ts)/,
  stages: /^src\/(?:stages|methods|ports|telemetry\/outage-warner\.ts|[a-z0-9-]+\.ts)/,
  telemetry: /^src\/(?:telemetry|ports|[a-z0-9-]+\.ts)/,
  routes: /^src\/(?:routes|spend|sign-in|credentials|usage|methods|stages|ports|[a-z0-9-]+\.ts)/,
  spend:
    /^src\/(?:spend|credentials|ports|stages\/attempt\.ts|telemetry\/(?:decision-event|reporter)\.ts|[a-z0-9-]+\.ts)/,
  // Programs and tools around the package: they put it to use.
  cli: /^src\//,
  testing: /^src\//,
}

/** The files that put the others together: nothing that is put together may reach up to them. */
const ASSEMBLY = new Set([
  'src/gate.ts',
  'src/decider.ts',
  'src/options.ts',
  'src/index.ts',
  'src/readiness.ts',
])

/** Programs of their own, in other processes or in tests: they stand above the assembly. */
const PROGRAMS = /^src\/(?:cli|testing)\//

/** What plug-ins of one folder share; any other import between them is refused. */
const SHARED: Readonly<Record<string, readonly string[]>> = {
  'src/methods': [
    'method',
    'identity',
    'compact-jwt',
    'json-members',
    'jws-signature',
    'jwt-claims',
    'jwt-times',
    'token-type',
  ],
  // Decorators take a source and are one; the Solana source is made of several, whose calls are guarded.
  'src/balances': ['failover', 'breaker', 'capped', 'guard', 'cached', 'shared'],
  'src/stores': [],
}

describe('the house', () => {
  it('lets each package be imported only where it belongs', () => {
    const foreign = all.flatMap(({ path, imports }) =>
      imports
        .filter((name) => !/^(?:src|adapters)\//.test(name) && !PACKAGES[name]?.test(path))
        .map((name) => `${path} imports ${name}`),
    )
    expect(foreign).toEqual([])
  })

  it('loads the Solana library in one file, and only when it is called', () => {
    const loading = core.filter(({ text }) =>
      /import\('@solana\/web3\.js'\)|^import (?!type )[^']*'@solana\/web3\.js'/m.test(text),
    )
    expect(loading.map(({ path }) => path)).toEqual(['src/balances/solana/rpc.ts'])
    expect(loading[0]?.text).not.toMatch(/^import (?!type )[^']*'@solana\/web3\.js'/m)
  })

  it('keeps frameworks out of the core', () => {
    const upward = core.filter(({ imports }) => imports.some((name) => name.startsWith('adapters/')))
    expect(upward.map(({ path }) => path)).toEqual([])
  })

  it('lets adapters import the core and nothing of one another', () => {
    const sideways = adapters.flatMap(({ path, imports }) =>
      imports.filter((name) => name.startsWith('adapters/')).map((name) => `${path} imports ${name}`),
    )
    expect(sideways).toEqual([])
  })

  it('lets folders import only what stands below them', () => {
    const upward = core.flatMap(({ path, imports }) => {
      const folder = /^src\/([a-z-]+)\//.exec(path)?.[1]
      const allowed = folder === undefined ? /^src\// : FOLDERS[folder]
      return imports
        .filter((name) => name.startsWith('src/') && !allowed?.test(name))
        .map((name) => `${path} imports ${name}`)
    })
    expect(upward).toEqual([])
  })

  it('lets nothing import the files that assemble it, except for their types', () => {
    const upward = core.flatMap(({ path, text }) =>
      ASSEMBLY.has(path) || PROGRAMS.test(path)
        ? []
        : [...text.matchAll(/^import (?!type )[^']*'([^']+)'/gm)]
            .map((match) =>
              relative(root, resolve(root, dirname(path), match[1] ?? '')).replace(/\.js$/, '.ts'),
            )
            .filter((name) => ASSEMBLY.has(name))
            .map((name) => `${path} imports ${name}`),
    )
    expect(upward).toEqual([])
  })

  it('lets plug-ins share nothing but what is made for sharing', () => {
    const sideways = core.flatMap(({ path, imports }) => {
      const folder = dirname(path)
      const shared = SHARED[folder]
      if (shared === undefined || path.endsWith('index.ts')) return []
      return imports
        .filter((name) => dirname(name) === folder)
        .filter((name) => !shared.includes(name.slice(folder.length + 1, -3)))
        .map((name) => `${path} imports ${name}`)
    })
    expect(sideways).toEqual([])
  })

  it('keeps the parts of one store to that store', () => {
    const storeOf = (path: string) => /^src\/stores\/([a-z0-9-]+)/.exec(path)?.[1] ?? ''
    // The command line looks into a file before it is a store.
    const owners = (path: string) =>
      storeOf(path) === 'sqlite' || path === 'src/cli/open-sqlite.ts' ? ['sqlite', 'sql'] : [storeOf(path)]
    const foreign = core.flatMap(({ path, imports }) =>
      imports
        .filter((name) => /^src\/stores\/[a-z0-9-]+\//.test(name) && !owners(path).includes(storeOf(name)))
        .map((name) => `${path} imports ${name}`),
    )
    expect(foreign).toEqual([])
  })

  it('holds only types in ports', () => {
    const values = core.filter(
      ({ path, text }) => path.startsWith('src/ports/') && /^export (?!type|interface)/m.test(text),
    )
    expect(values.map(({ path }) => path)).toEqual([])
  })

  it.each([
    ['the clock', /\b(?:Date\.now|performance\.now)\(|new Date\(\)/, ['src/system-clock.ts']],
    ['a timer', /\bset(?:Timeout|Interval|Immediate)\(/, ['src/client/wait.ts', 'src/deadline.ts']],
    // The command line is told by the environment; a library is told by its options.
    ['the environment', /\bprocess\.env\b/, ['src/cli/environment.ts']],
    [
      'the network',
      /(?<!cappedF|rpcF|customF|\.)\bfetch\(/,
      ['src/capped-fetch.ts', 'src/cli/doctor/node-exchange.ts', 'src/client/send.ts'],
    ],
  ])('reaches %s in one place of each program', (_what, pattern, places) => {
    const elsewhere = all.filter(({ text }) => pattern.test(withoutComments(text)))
    expect(elsewhere.map(({ path }) => path).sort()).toEqual(places)
  })

  it.each([
    ['the console', /\bconsole\./],
    ['weak randomness', /\bMath\.random\(/],
    ['a default export', /^export default/m],
    ['an any', /\bas any\b|: any\b|<any>/],
    ['a non-null assertion', /\w!(?=[.;,)\]])/],
  ])('never uses %s', (_what, pattern) => {
    const users = all.filter(({ text }) => pattern.test(withoutComments(text)))
    expect(users.map(({ path }) => path)).toEqual([])
  })

  it('writes status codes and header names in the core alone', () => {
    const literals =
      /\b[45]\d\d\b|'(?:www-authenticate|retry-after|cache-control|authorization|x-wallet-address)'/i
    const renderers = adapters.filter(({ text }) => literals.test(withoutComments(text)))
    expect(renderers.map(({ path }) => path)).toEqual([])
  })

  it('has no file of more than 300 lines', () => {
    const long = all.filter(({ text }) => text.split('\n').length > 300)
    expect(long.map(({ path }) => path)).toEqual([])
  })
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}
