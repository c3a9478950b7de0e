import { afterAll, beforeAll, expect, test } from 'vitest'
import { cancelUpdate, shipUpdate } from '../../workflows/order.messages.ts'
import { type OrderWorld, openOrderWorld } from '../support/order-world.ts'
import { addProduct } from '../support/shop-api.ts'
import { eventually } from '../support/test-orders.ts'

let world: OrderWorld
beforeAll(async () => {
  world = await openOrderWorld()
})
afterAll(() => world?.close())

const odd: [string, unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a word', 'please'],
  ['a number', 7],
  ['a list', [['x']]],
  ['words that are none', { carrier: 1, tracking_number: {}, reason: [], by: 3, action: 9 }],
  ['another kind than its own', { kind: 'dispute', amountMinor: 1 }],
  ['a NUL', { carrier: '\u0000', tracking_number: '\u0000', reason: 'a\u0000b', by: '\u0000' }],
]

test.each(odd)('a message that says %s breaks no order, and the next one is understood', async (_, message) => {
  const order = await world.checkOut()
  await world.atRest(order)
  for (const name of ['ship', 'deliver', 'approve', 'reject', 'resolve', 'payment_news'])
    await order.handle.signal(name, message)
  expect(await world.standing(order)).toMatchObject({ status: 'paid', needsAttention: null })
  await world.ask(order, shipUpdate, { carrier: 'DHL', tracking_number: 'X1' })
  expect(await world.standing(order)).toMatchObject({ status: 'shipped', gateway: ['authorization', 'capture'] })
})

test.each(odd)('a cancellation that says %s is a cancellation', async (_, message) => {
  const order = await world.checkOut()
  await world.atRest(order)
  await order.handle.signal('cancel', message)
  await eventually(async () =>
    expect(await world.standing(order)).toMatchObject({ status: 'cancelled', payment: 'refunded' }),
  )
  expect(await order.handle.result()).toMatchObject({ status: 'cancelled' })
})

test('an order of many products with long names is found by the first of them, and can be cancelled', async () => {
  const skus = Array.from({ length: 40 }, (_, n) => `${String(n).padStart(3, '0')}-${'品'.repeat(55)}`)
  const moreProductIds = await Promise.all(skus.map((sku) => addProduct(world.database, { sku, onHand: 5 })))
  const order = await world.checkOut({ moreProductIds })
  await world.atRest(order)
  const query = `Skus = '${skus[0]}' AND WorkflowId = '${order.handle.workflowId}'`
  await eventually(async () => expect((await world.client.workflow.count(query)).count).toBe(1))
  await world.ask(order, cancelUpdate, { by: 'customer' })
  expect(await world.standing(order)).toMatchObject({ status: 'cancelled', payment: 'refunded' })
})

test('after all of it, no promise about stock, money, orders and events is broken', async () => {
  expect(await world.brokenTasks()).toEqual([])
  expect(await world.brokenInvariants()).toEqual([])
})
