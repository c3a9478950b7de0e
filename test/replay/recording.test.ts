import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OrderWorld, openOrderWorld } from '../support/order-world.ts'
import { privateData } from '../support/test-orders.ts'
import { fetchHistory, type History, readable, writeHistory } from './histories.ts'
import { journeys } from './journeys.ts'

/*
 * Makes a history of every journey on a real server and looks at it. To keep them for replay, when the workflow has
 * changed in a way that its old histories cannot follow:
 *
 *   RECORD_HISTORIES=yes node_modules/.bin/node node_modules/vitest/vitest.mjs run test/replay/recording.test.ts
 */
const isRecording = process.env.RECORD_HISTORIES === 'yes'

/** How long the history of an order may be that goes well: each event is a row in the engine's database. */
const EVENTS_OF_A_PAID_ORDER = 30

let world: OrderWorld
const made = new Map<string, History>()
beforeAll(async () => {
  world = await openOrderWorld({ supplierTimeoutMs: 2_000 })
  await world.sandbox.patchSettings({ dispute_delay_ms: 0 })
  for (const [name, travel] of Object.entries(journeys)) {
    const travelled = await travel(world)
    await world.atRest(travelled)
    made.set(name, await fetchHistory(travelled.handle))
  }
})
afterAll(() => world?.close())

describe('no history tells who the customer is or how they pay', () => {
  const secrets = [
    'private.example',
    'tok_',
    ...Object.values(privateData).filter((value) => typeof value === 'string'),
    ...[privateData.name.split(' '), privateData.line1.split(' ')].flat().filter((word) => word.length > 4),
  ]
  test.each(Object.keys(journeys))('%s', (name) => {
    const text = readable(made.get(name))
    // That the payloads are readable at all, so that finding nothing means something.
    expect(text).toMatch(/"orderId":"ord_|"replenishmentId":"po_/)
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
  })
})

test('a paid order costs the engine few events', () => {
  const { length } = made.get('paid')?.events ?? []
  console.log(`  a paid order has ${length} events`)
  expect(length).toBeGreaterThan(0)
  expect(length).toBeLessThanOrEqual(EVENTS_OF_A_PAID_ORDER)
})

test.runIf(isRecording)('the histories are kept for replay', () => {
  for (const [name, history] of made) writeHistory(name, history)
})

test('after all of it, no promise about stock, money, orders and events is broken', async () => {
  expect(await world.brokenTasks()).toEqual([])
  expect(await world.brokenInvariants()).toEqual([])
})
