import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ActivityDeps, createActivities } from '../../activities/index.ts'
import { reconciliationWorkflowId } from '../../domain/ids.ts'
import type { ReconciliationKind } from '../../domain/reconciliation.ts'
import { newId } from '../../store/ids.ts'
import { findStock } from '../../store/inventory.ts'
import { findRun, listFindings } from '../../store/reconciliation/index.ts'
import type { reconciliation } from '../../workflows/reconciliation.ts'
import { type Effect, type Trouble, troubles } from '../support/activity-faults.ts'
import { type OrderWorld, openOrderWorld } from '../support/order-world.ts'
import { addProduct } from '../support/shop-api.ts'
import { eventually } from '../support/test-orders.ts'

let world: OrderWorld
beforeAll(async () => {
  world = await openOrderWorld({ isImpatient: true })
})
afterAll(() => world?.close())

const start = (runId: string, kind: ReconciliationKind) =>
  world.client.workflow.start<typeof reconciliation>('reconciliation', {
    workflowId: reconciliationWorkflowId(runId),
    taskQueue: world.taskQueue,
    args: [{ kind, settleMs: 100, runId }],
  })

/** A shelf that counts a unit as promised to nobody, and a run that is to find it while one effect is in trouble. */
async function reconcile(effect: Effect, trouble: Trouble): Promise<{ runId: string; productId: string }> {
  const productId = await addProduct(world.database, { onHand: 5, priceMinor: 100 })
  await world.database.query('update stock set reserved = 1 where product_id = $1', [productId])
  const runId = newId('rec')
  world.faults.set(runId, effect, trouble)
  await (await start(runId, 'frequent')).result()
  return { runId, productId }
}

async function isMended({ runId, productId }: { runId: string; productId: string }): Promise<void> {
  expect((await findStock(world.database, productId))?.reserved).toBe(0)
  const findings = await listFindings(world.database, { limit: 1_000 })
  expect(findings.filter(({ subject }) => subject === productId)).toMatchObject([
    { check: 'reserved_is_what_orders_hold', status: 'repaired', remedy: 'recount_promises' },
  ])
  expect((await findRun(world.database, runId))?.finishedAt).toBeInstanceOf(Date)
}

test('every effect that a reconciliation can have stands in the tables', () => {
  const story = readFileSync(new URL('../../workflows/reconciliation.ts', import.meta.url), 'utf8')
  const effects = Object.keys(createActivities({} as ActivityDeps)).filter((name) => story.includes(`'${name}'`))
  expect([...looking, 'mendFindings'].toSorted()).toEqual(effects.toSorted())
})

const looking = ['openReconciliation', 'lookAtBooks', 'closeReconciliation'] as const

// One after another: runs at the same time take findings off each other.
describe('whatever goes wrong with one effect, what is amiss is found once and mended once', () => {
  test.each(looking.flatMap((effect) => troubles.map((each) => ({ effect, ...each }))))(
    '$effect $fault, $extent',
    async ({ effect, extent, trouble }) => {
      const run = await reconcile(effect, trouble)
      await isMended(run)
      expect(world.faults.attempts(run.runId, effect)).toBeGreaterThan(extent === 'once' ? 1 : 2)
    },
  )
})

describe('whatever goes wrong with the mending, what is amiss is mended once', () => {
  test.each(troubles)('it $fault, $extent', async ({ extent, trouble }) => {
    const run = await reconcile('mendFindings', trouble)
    await isMended(run)
    expect(world.faults.attempts(run.runId, 'mendFindings')).toBeGreaterThan(extent === 'once' ? 1 : 2)
  })
})

describe('books that take a minute to compare', () => {
  const compare = async (kind: ReconciliationKind) => {
    const runId = newId('rec')
    world.faults.set(runId, 'lookAtBooks', async (_, act) => ({ ...((await act()) as object), tookMs: 60_000 }))
    return { runId, handle: await start(runId, kind) }
  }

  test('are not compared again for nine minutes: most of the time is the customers’', async () => {
    const { runId, handle } = await compare('frequent')
    await eventually(async () => {
      const { events } = await handle.fetchHistory()
      const rests = events?.flatMap(
        ({ timerStartedEventAttributes: timer }) => timer?.startToFireTimeout?.seconds ?? [],
      )
      expect(rests?.map(Number)).toEqual([9 * 60])
    })
    expect((await findRun(world.database, runId))?.finishedAt).toBeInstanceOf(Date)
    await handle.terminate('The test has seen that it rests')
  })

  test('are compared whole without a rest: that is asked for once', async () => {
    const { runId, handle } = await compare('whole')
    expect(await handle.result()).toEqual({ runId, open: 0 })
  })
})
