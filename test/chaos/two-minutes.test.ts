import { expect, test, vi } from 'vitest'
import { catalogue } from '../../chaos/faults/index.ts'
import { runSuite, type SuiteSettings } from '../../chaos/suite.ts'
import { createTeller, summary } from '../../chaos/telling.ts'

vi.setConfig({ testTimeout: 420_000 })

const named = (...names: string[]) => catalogue.filter(({ name }) => names.includes(name))

/** One minute each, of faults that every machine can have. */
const settings = (seed: number, ...names: string[]): SuiteSettings => ({
  seed,
  minutes: 1,
  faultCount: 10,
  checkouts: 0,
  wanted: named(...names),
  withOpenSearch: false,
  together: seed % 2 === 0,
  shoppers: 8,
  perSecond: 6,
  environment: process.env,
})

test.each([
  settings(
    1,
    'kill-api',
    'kill-worker',
    'kill-postgres',
    'kill-temporal',
    'kill-gateway',
    'kill-redis',
    'deploy-worker',
    'gateway-silent-after',
  ),
  settings(
    2,
    'kill-api',
    'kill-postgres',
    'freeze-temporal',
    'gateway-error-after',
    'gateway-notices',
    'poison-message',
    'burst-of-duplicates',
    'overload',
  ),
])('every promise is kept through a minute of faults, seed $seed', async (settings) => {
  const result = await runSuite(settings, createTeller(process.stdout))
  const again = `npm run chaos -- --seed ${settings.seed} --minutes 1 --faults ${settings.wanted.map(({ name }) => name).join(',')}`
  expect(result.isSound, summary(result, { files: [], again })).toBe(true)
  expect(result.record.faults.length).toBeGreaterThan(3)
  expect(result.record.traffic.checkouts).toBeGreaterThan(50)
})
