import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { cancelUpdate, shipUpdate } from '../../workflows/order.messages.ts'
import { neverAnswers, type Trouble } from '../support/activity-faults.ts'
import { type OrderWorld, openOrderWorld } from '../support/order-world.ts'
import { eventually } from '../support/test-orders.ts'

vi.setConfig({ maxConcurrency: 80 })

let world: OrderWorld
beforeAll(async () => {
  world = await openOrderWorld()
})
afterAll(() => world?.close())

const parcel = { carrier: 'Test Post', tracking_number: 'TP-1' }

/** A database that is away: each attempt takes its time and comes to nothing. */
const failsSlowly =
  (forMs: number, attempts: number): Trouble =>
  async ({ count }, act) => {
    if (count > attempts) return act()
    await sleep(forMs)
    throw new Error('the database is away')
  }

const troubles: [string, Trouble][] = [
  ['never answers at first', neverAnswers('once')],
  ['fails slowly', failsSlowly(1_900, 3)],
  ['fails slowly for longer', failsSlowly(1_900, 5)],
]

describe.concurrent('requests that come while the facts of an order are still being told', () => {
  for (const [name, trouble] of troubles)
    for (const delayMs of [0, 300, 1_000, 2_500, 3_900, 4_100, 5_500, 7_000])
      test(`${name}, ${delayMs} ms later`, async () => {
        const order = await world.checkOut({ capture: 'manual', troubles: { publishEvents: trouble } })
        await eventually(async () =>
          expect(await world.standing(order)).toMatchObject({ status: 'paid', payment: 'authorized' }),
        )
        await sleep(delayMs)
        const [shipped, cancelled] = await Promise.allSettled([
          world.ask(order, shipUpdate, parcel),
          world.ask(order, cancelUpdate, { by: 'customer' }),
        ])
        expect([shipped.status, cancelled.status].toSorted()).toEqual(['fulfilled', 'rejected'])
      })
})
