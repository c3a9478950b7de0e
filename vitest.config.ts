import { defineConfig } from 'vitest/config'

// Tests load the files as the product does: by Node's own type stripping.
const shared = { pool: 'forks', experimental: { viteModuleRunner: false } } as const

const withoutServers = ['test/domain/**/*.test.ts', 'test/boundaries.test.ts']
const wholeSystem = [
  'test/stories/**/*.test.ts',
  'test/workflows/**/*.test.ts',
  'test/replay/**/*.test.ts',
  'test/chaos/**/*.test.ts',
]

// Servers built for one scene alone, and minutes of traffic: `LONG_TESTS=yes npm test -- test/chaos/scenes.test.ts`.
const long = process.env.LONG_TESTS === 'yes' ? [] : ['test/chaos/scenes.test.ts']

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'rules', include: withoutServers, sequence: { groupOrder: 0 } } },
      {
        test: {
          ...shared,
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: [...withoutServers, ...wholeSystem],
          globalSetup: ['test/support/servers.ts'],
          // Two cores are what CI has; more files at once only make each other time out.
          maxWorkers: 2,
          testTimeout: 20_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'stories',
          include: wholeSystem,
          exclude: long,
          globalSetup: ['test/support/servers.ts'],
          // Each of these brings up servers of its own and loads them: one at a time.
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
