import { beforeAll, expect, test, vi } from 'vitest'
import { createActivities } from '../../activities/index.ts'
import { openWorkflowHost } from '../../sim/engine/workflow-host.ts'
import { openPostgres } from '../../sim/postgres.ts'
import { story } from '../../sim/report.ts'
import { type Machinery, runWorld } from '../../sim/world.ts'

vi.setConfig({ testTimeout: 900_000, hookTimeout: 120_000 })

/** Small shops, so that those who pay, cancel, ship, refund and count units in get into each other's way. */
const ALL = 500
// All of them take as long as a third of every other test together.
const INTERLEAVINGS = process.env.LONG_TESTS === 'yes' ? ALL : 100
const CHECKOUTS = 3
/** Another start each day of the year would be a test that fails by itself; these are as good as any. */
const FIRST_SEED = 40_001

let machinery: Machinery

beforeAll(async () => {
  const activityNames = Object.keys(createActivities({} as never))
  const [host, postgres] = await Promise.all([openWorkflowHost(activityNames), openPostgres()])
  machinery = { host, postgres }
})

test('whatever comes between paying, cancelling, shipping, refunding and partial receipts, every promise is kept', async () => {
  const counts = new Map<string, number>()
  for (let seed = FIRST_SEED; seed < FIRST_SEED + INTERLEAVINGS; seed++) {
    const result = await runWorld(machinery, seed, CHECKOUTS)
    expect(result.violations.length, story(result)).toBe(0)
    for (const [what, times] of result.counts) counts.set(what, (counts.get(what) ?? 0) + times)
  }
  console.log(
    `  seeds ${FIRST_SEED} to ${FIRST_SEED + INTERLEAVINGS - 1}: ${INTERLEAVINGS} interleavings; ` +
      `one of them again: npm run sim -- --seed N --checkouts ${CHECKOUTS} --per-world ${CHECKOUTS} --trace`,
  )
  // Each of them really happened, and really lost against another now and then.
  for (const [what, atLeast] of Object.entries(mustHappen))
    expect(counts.get(what) ?? 0, what).toBeGreaterThanOrEqual(Math.floor((atLeast * INTERLEAVINGS) / ALL))
})

/** Of all. */
const mustHappen = {
  'checkout 201 paid': 500,
  'cancel: 200': 100,
  'cancel: 409': 40,
  'shipments: 201': 100,
  'shipments: 409': 40,
  'refund: 201 succeeded': 40,
  'refund: 202 pending_approval': 40,
  'refund: 409 refund_exceeds_captured': 100,
  'delivery: 201 partially_received': 200,
  'delivery: 409 over_receipt': 100,
  'replenishment called off: 200': 20,
  'return: 201 requested': 20,
  'child started': 150,
  'supplier order is confirmed': 150,
  'supplier order is withdrawn': 150,
  'process killed': 100,
  'transaction ran, answer lost': 5,
}
