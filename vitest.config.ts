import { defineConfig } from 'vitest/config'

// Tests load the files as the product does: by Node's own type stripping.
const shared = { pool: 'forks', experimental: { viteModuleRunner: false } } as const

const withoutServers = ['test/domain/**/*.test.ts', 'test/boundaries.test.ts']
const workflows = ['test/workflows/**/*.test.ts', 'test/replay/**/*.test.ts']
const stories = ['test/stories/**/*.test.ts']

// They load the whole machine, or measure what it does in a time: nothing runs beside them.
const alone = [
  'test/chaos/**/*.test.ts',
  'test/stories/{degraded,flash-sale,kill-nine,reconciliation}.test.ts',
  'test/workflows/order-cancellation.test.ts',
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
          exclude: [...withoutServers, ...workflows, ...stories, ...alone],
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
          name: 'workflows',
          include: workflows,
          exclude: alone,
          globalSetup: ['test/support/servers.ts'],
          // Most of their time they wait for a time-out to pass.
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...shared,
          name: 'stories',
          include: stories,
          exclude: alone,
          globalSetup: ['test/support/servers.ts'],
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...shared,
          name: 'alone',
          include: alone,
          exclude: long,
          globalSetup: ['test/support/servers.ts'],
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
