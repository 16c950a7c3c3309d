import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    // Tests read the source; test/package tries the packed package.
    alias: [
      { find: /^sallyport$/, replacement: source('./src/index.ts') },
      { find: /^sallyport\/balances$/, replacement: source('./src/balances/index.ts') },
      { find: /^sallyport\/(balances|stores)\/(.+)$/, replacement: source('./src/$1/$2.ts') },
      { find: /^sallyport\/spending$/, replacement: source('./src/spend/index.ts') },
      { find: /^sallyport\/(client|limits|testing)$/, replacement: source('./src/$1/index.ts') },
      { find: /^sallyport\/(express|fastify|koa)$/, replacement: source('./adapters/$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-servers.ts'],
    // Many tests wait for other processes: one worker, as there would be on two cores, leaves both idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
