import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/servers.ts'],
    pool: 'forks',
    // Tests load the files as the product does: by Node's own type stripping.
    experimental: { viteModuleRunner: false },
    // Two cores are what CI has; more files at once only make each other time out.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
