import { afterAll, beforeAll, expect, test } from 'vitest'
import { cancelReplenishmentUpdate } from '../../workflows/replenishment.messages.ts'
import { type OrderWorld, openOrderWorld } from '../support/order-world.ts'
import { eventually } from '../support/test-orders.ts'
import type { TestReplenishment } from '../support/test-replenishments.ts'
import { openTimeSkippingServer, type TimeSkippingEngine } from '../support/time-skipping-server.ts'

const hour = 60 * 60_000
const day = 24 * hour
const patience = { answerWithinMs: hour, chaseEveryMs: 2 * day, chases: 2 }

let world: OrderWorld
let skip: TimeSkippingEngine['skip']
beforeAll(async () => {
  const engine = await openTimeSkippingServer()
  skip = (milliseconds) => engine.skip(milliseconds)
  world = await openOrderWorld({ engine: async () => engine, supplierTimeoutMs: 300 })
})
afterAll(() => world?.close())

let stories = 0
/** Each story has suppliers of its own, who are like this. */
async function replenish(...ways: object[]): Promise<TestReplenishment & { names: string[] }> {
  stories++
  const names = ways.map((_, n) => `story ${stories}, supplier ${n + 1}`)
  await world.suppliers.become(Object.fromEntries(names.map((name, n) => [name, ways[n] as object])))
  return { ...(await world.replenish({ suppliers: names, patience, lateAfterMs: 14 * day })), names }
}

const comesTo = (replenishment: TestReplenishment, asked: string[], shelf: object = {}) =>
  eventually(async () => {
    expect(await world.asked(replenishment)).toEqual(asked)
    expect(await world.shelf(replenishment)).toMatchObject(shelf)
  })

const confirms = { behaviour: 'confirms' }
const silent = { behaviour: 'never_answers' }
const refuses = { behaviour: 'refuses' }

test('a supplier that promises the units makes the replenishment a confirmed one, and nobody else is asked', async () => {
  const replenishment = await replenish(confirms, confirms)
  await comesTo(replenishment, ['confirmed 10 of 10'], { status: 'confirmed', incoming: 10 })
  await world.unitsCome(replenishment, 10)
  expect(await replenishment.handle.result()).toMatchObject({ status: 'received' })
})

test('a supplier that refuses is followed by the next at once; when none is left a person is called', async () => {
  const [served, unserved] = await Promise.all([replenish(refuses, confirms), replenish(refuses, refuses)])
  await comesTo(served, ['refused 0 of 10', 'confirmed 10 of 10'], { status: 'confirmed' })
  const needsAttention = 'unsupplied: no supplier promises 10 of 10 units'
  await comesTo(unserved, ['refused 0 of 10', 'refused 0 of 10'], { status: 'ordered', incoming: 10, needsAttention })
  await world.unitsCome(unserved, 10)
  expect(await world.shelf(unserved)).toMatchObject({ status: 'received', needsAttention: null })
})

test('what a supplier does not promise, the next one is asked for', async () => {
  const replenishment = await replenish({ behaviour: 'confirms_part', part: 0.4 }, confirms)
  await comesTo(replenishment, ['confirmed 4 of 10', 'confirmed 6 of 6'], { status: 'confirmed', incoming: 10 })
})

test('a supplier whose answer was lost has promised once', async () => {
  const replenishment = await replenish({ ...confirms, lose_answers: 1 }, confirms)
  await comesTo(replenishment, ['confirmed 10 of 10'], { status: 'confirmed' })
  expect(await world.suppliers.orders(replenishment.names[0])).toHaveLength(1)
})

test('a supplier that says nothing is reminded after an hour, given up after two, and its late promise does not count', async () => {
  const replenishment = await replenish(silent, confirms)
  await comesTo(replenishment, ['asked 0 of 10'], { status: 'ordered' })
  await skip(1.5 * hour)
  await comesTo(replenishment, ['asked 0 of 10, 1 reminders'], { status: 'ordered' })
  await skip(hour)
  await comesTo(replenishment, ['withdrawn 0 of 10, 1 reminders', 'confirmed 10 of 10'], { status: 'confirmed' })
  await world.suppliers.become({ [replenishment.names[0] as string]: confirms })
  expect(await world.suppliers.orders(replenishment.names[0])).toMatchObject([{ status: 'withdrawn' }])
  await comesTo(replenishment, ['withdrawn 0 of 10, 1 reminders', 'confirmed 10 of 10'], { incoming: 10 })
})

test('a supplier that is away holds up neither the dock nor the next supplier', async () => {
  const replenishment = await replenish({ is_away: true }, confirms)
  await world.unitsCome(replenishment, 4)
  await skip(3 * hour)
  await comesTo(replenishment, ['withdrawn 0 of 10', 'confirmed 6 of 6'], { status: 'partially_received', incoming: 6 })

  // Once it is back, a sweep tells it what nobody could.
  await world.suppliers.become({ [replenishment.names[0] as string]: { is_away: false } })
  const args = [{ lateAfterMs: day, suppliers: patience }]
  await world.client.workflow.execute('reorderSweep', { workflowId: 'sweep', taskQueue: world.taskQueue, args })
  const key = `${replenishment.replenishmentId}:supplier:1`
  expect((await world.suppliers.orders()).find((order) => order.key === key)).toMatchObject({ status: 'withdrawn' })
})

test('who promised and does not deliver is pressed twice, and then a person is called', async () => {
  const replenishment = await replenish({ ...confirms, deliver_in_days: 3 })
  await comesTo(replenishment, ['confirmed 10 of 10'], { needsAttention: null })
  await skip(2 * day)
  expect(await world.asked(replenishment)).toEqual(['confirmed 10 of 10'])
  await skip(4 * day)
  await comesTo(replenishment, ['confirmed 10 of 10, 2 reminders'])
  await skip(2 * day)
  await comesTo(replenishment, ['confirmed 10 of 10, 2 reminders'], {
    needsAttention: 'late: 10 of 10 units have not come',
  })
  await world.unitsCome(replenishment, 10)
  expect(await world.shelf(replenishment)).toMatchObject({ status: 'received', needsAttention: null })
})

test('a cancellation takes back what was promised, and the supplier knows', async () => {
  const replenishment = await replenish(confirms)
  await comesTo(replenishment, ['confirmed 10 of 10'])
  await replenishment.handle.executeUpdate(cancelReplenishmentUpdate, { args: [{ by: 'buyer' }] })
  expect(await replenishment.handle.result()).toMatchObject({ status: 'cancelled' })
  await comesTo(replenishment, ['withdrawn 10 of 10'], { incoming: 0 })
  expect(await world.suppliers.orders(replenishment.names[0])).toMatchObject([{ status: 'withdrawn' }])
})

test('a product without suppliers is ordered by hand, and late after fourteen days', async () => {
  const replenishment = await replenish()
  await comesTo(replenishment, [], { status: 'ordered', incoming: 10 })
  await skip(15 * day)
  await comesTo(replenishment, [], { needsAttention: 'late: 10 of 10 units have not come' })
})

test('after all of it, no promise is broken', async () => {
  expect(await world.brokenInvariants()).toEqual([])
})
