import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ActivityDeps, createActivities } from '../../activities/index.ts'
import {
  cancelReplenishmentUpdate,
  receiveSignal,
  replenishedUpdate,
  replenishmentStateQuery,
} from '../../workflows/replenishment.messages.ts'
import { arrivesLate, type Effect, held, type Trouble, troubles } from '../support/activity-faults.ts'
import { openOrderWorld, type OrderWorld } from '../support/order-world.ts'
import { eventually } from '../support/test-orders.ts'
import type { TestReplenishment } from '../support/test-replenishments.ts'

vi.setConfig({ maxConcurrency: 80 })

let world: OrderWorld
beforeAll(async () => {
  world = await openOrderWorld({ supplierTimeoutMs: 2_000 })
})
afterAll(() => world?.close())

const cancelled = ({ handle }: TestReplenishment) =>
  handle.executeUpdate(cancelReplenishmentUpdate, { args: [{ by: 'buyer', reason: 'discontinued' }] })

type Journey = {
  wish?: Parameters<OrderWorld['replenish']>[0]
  /** Of the first supplier. */
  behaviour?: object
  go: (replenishment: TestReplenishment) => Promise<unknown>
  end: object
}

const journeys = {
  'units that come in two deliveries': {
    go: async (replenishment) => {
      await world.unitsCome(replenishment, 4)
      await world.unitsCome(replenishment, 6)
    },
    end: { status: 'received', received: 10, receipts: 2, needsAttention: null, onHand: 11, incoming: 0 },
  },
  'a replenishment that is cancelled half-way': {
    go: async (replenishment) => {
      await world.unitsCome(replenishment, 4)
      await cancelled(replenishment)
    },
    end: { status: 'cancelled', received: 4, receipts: 1, needsAttention: null, onHand: 5, incoming: 0 },
  },
  'units that come late': {
    wish: { lateAfterMs: 300 },
    go: async (replenishment) => {
      await eventually(async () =>
        expect((await world.shelf(replenishment)).needsAttention).toBe('late: 10 of 10 units have not come'),
      )
      await world.unitsCome(replenishment, 10)
    },
    end: { status: 'received', received: 10, receipts: 1, needsAttention: null, onHand: 11, incoming: 0 },
  },
  'units that a supplier promises': {
    behaviour: { behaviour: 'confirms' },
    go: async (replenishment) => {
      // Not only is it in the books: the story has heard of it, however long that took.
      await eventually(
        async () =>
          expect(await replenishment.handle.query(replenishmentStateQuery)).toMatchObject({
            supplier: expect.stringMatching(/promises 10 units$/),
          }),
        200,
      )
      await world.unitsCome(replenishment, 10)
    },
    end: { status: 'received', received: 10, receipts: 1, needsAttention: null, onHand: 11, incoming: 0 },
  },
  'a silent supplier, followed by the next': {
    wish: { patience: { answerWithinMs: 300 } },
    behaviour: { behaviour: 'never_answers' },
    go: async (replenishment) => {
      await eventually(async () => expect((await world.asked(replenishment)).at(-1)).toBe('confirmed 10 of 10'))
      expect(await world.asked(replenishment)).toHaveLength(2)
      await world.unitsCome(replenishment, 10)
    },
    end: { status: 'received', received: 10, receipts: 1, needsAttention: null, onHand: 11, incoming: 0 },
  },
} satisfies Record<string, Journey>

/** Every effect a replenishment can have, in the journeys in which it has it. */
const rows: [Effect, keyof typeof journeys][] = [
  ['openReplenishment', 'units that come in two deliveries'],
  ['orderReplenishment', 'units that come in two deliveries'],
  ['receiveUnits', 'units that come in two deliveries'],
  ['receiveUnits', 'a replenishment that is cancelled half-way'],
  ['cancelReplenishment', 'a replenishment that is cancelled half-way'],
  ['flagReplenishment', 'units that come late'],
  ['askSupplier', 'units that a supplier promises'],
  ['remindSuppliers', 'a silent supplier, followed by the next'],
  ['withdrawSupplierOrder', 'a silent supplier, followed by the next'],
  ['tellWithdrawals', 'a silent supplier, followed by the next'],
]

// What fails for long fails as in the other journeys; with a silent supplier it would only take a minute each.
const cases = rows.flatMap(([effect, journey]) =>
  troubles
    .filter(({ extent }) => extent === 'once' || journey !== 'a silent supplier, followed by the next')
    .map((each) => ({ effect, journey, ...each })),
)

test('every effect that a replenishment can have stands in the table', () => {
  const story = ['replenishment', 'replenishment-supply']
    .map((name) => readFileSync(new URL(`../../workflows/${name}.ts`, import.meta.url), 'utf8'))
    .join('\n')
  const effects = Object.keys(createActivities({} as ActivityDeps)).filter((name) =>
    new RegExp(`'${name}'`).test(story),
  )
  expect([...new Set(rows.map(([effect]) => effect))].sort()).toEqual([...effects].sort())
})

let travellers = 0

async function travel(journey: Journey, effect: Effect, trouble: Trouble): Promise<TestReplenishment> {
  const { wish, behaviour, go } = journey
  const suppliers = behaviour && [`first ${++travellers}`, `next ${travellers}`]
  if (suppliers) await world.suppliers.become({ [suppliers[0] as string]: behaviour })
  const replenishment = await world.replenish({
    ...wish,
    ...(suppliers && { suppliers }),
    troubles: { [effect]: trouble },
  })
  await go(replenishment)
  await replenishment.handle.result()
  return replenishment
}

describe.concurrent('whatever goes wrong with one effect, the replenishment ends as it would have', () => {
  test.each(cases)('$journey: $effect $fault, $extent', async ({ effect, journey, extent, trouble }) => {
    const replenishment = await travel(journeys[journey], effect, trouble)
    expect(await world.shelf(replenishment)).toEqual(journeys[journey].end)
    expect(world.faults.attempts(replenishment.replenishmentId, effect)).toBeGreaterThan(extent === 'once' ? 1 : 2)
  })
})

describe.concurrent('an attempt that was given up and comes through long afterwards changes nothing', () => {
  test.each(rows.map(([effect, journey]) => ({ effect, journey })))(
    '$journey: $effect',
    async ({ effect, journey }) => {
      const late = arrivesLate()
      const replenishment = await travel(journeys[journey], effect, late.trouble)
      expect(await world.shelf(replenishment)).toEqual(journeys[journey].end)
      await late.arrive()
      expect(await world.shelf(replenishment)).toEqual(journeys[journey].end)
    },
  )
})

test.concurrent('a replenishment that was refused is not opened by an attempt of it that comes through once it could be', async () => {
  const late = arrivesLate()
  const productId = await world.product()
  const refused = await world.replenish({ productId, troubles: { openReplenishment: late.trouble } })
  await eventually(() => expect(late.isWaiting()).toBe(true))
  const granted = await world.replenish({ productId })
  expect(await refused.handle.result()).toMatchObject({ status: 'refused', problem: 'replenishment_open' })
  await cancelled(granted)
  await late.arrive()
  expect(await world.shelf(refused)).toMatchObject({ incoming: 0, status: undefined })
})

describe.concurrent('what is asked while something else is done', () => {
  test('units that come before they are known to be on order are counted in', async () => {
    const trouble = held('patient')
    const replenishment = await world.replenish({ troubles: { orderReplenishment: trouble.trouble } })
    await trouble.reached
    const came = world.unitsCome(replenishment, 10)
    trouble.release()
    expect(await came).toBe('received')
    expect(await world.shelf(replenishment)).toMatchObject({ status: 'received', onHand: 11, incoming: 0 })
  })

  test('a cancellation while units are counted in leaves those on the shelf', async () => {
    const trouble = held('patient')
    const replenishment = await world.replenish({ troubles: { receiveUnits: trouble.trouble } })
    const came = world.unitsCome(replenishment, 4)
    await trouble.reached
    const asked = cancelled(replenishment)
    trouble.release()
    await Promise.all([came, asked])
    expect(await world.shelf(replenishment)).toMatchObject({ status: 'cancelled', onHand: 5, incoming: 0 })
  })

  test('of two replenishments of a product at the same moment one is opened', async () => {
    const productId = await world.product()
    const both = await Promise.all([world.replenish({ productId }), world.replenish({ productId })])
    const outcomes = await Promise.allSettled(
      both.map(({ handle }) => handle.executeUpdate(replenishedUpdate, { args: [] })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('a flood of signals is counted once each', async () => {
    const replenishment = await world.replenish()
    await Promise.all(
      Array.from({ length: 10 }, () => replenishment.handle.signal(receiveSignal, { quantity: 1, by: 'dock' })),
    )
    expect(await replenishment.handle.result()).toMatchObject({ status: 'received' })
    expect(await world.shelf(replenishment)).toMatchObject({ receipts: 10, onHand: 11, incoming: 0 })
  })
})

test('nobody who was given up still believes that units are wanted, and every unit was promised once', async () => {
  const { rows } = await world.database.query<{ key: string; status: string }>(
    `select replenishment_id || ':supplier:' || turn as key, status from supplier_orders`,
  )
  const books = new Map(rows.map(({ key, status }) => [key, status]))
  const theirs = (await world.suppliers.orders()).filter(({ key }) => books.has(key))
  expect(theirs.length).toBeGreaterThan(20)
  expect(theirs.filter(({ key, status }) => books.get(key) !== status)).toEqual([])
})

test('after all of it, no promise is broken', async () => {
  expect(await world.brokenInvariants()).toEqual([])
})
