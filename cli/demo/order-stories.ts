import { randomUUID } from 'node:crypto'
import { journeyOf } from './paid-order.ts'
import type { Order } from './shop-client.ts'
import type { Stage, Story } from './stage.ts'

export const isCaptured = (order: Order): boolean => order.payment_status === 'captured'

export const fulfilmentStories: Story[] = [
  {
    title: 'Paid, shipped, delivered',
    async play(stage) {
      const customer = await stage.shop.newCustomer()
      const { id } = await stage.orderOne(customer, 'tok_visa')
      stage.expectOrder('paid and captured', await customer.orderOnce(id, isCaptured), 'paid', 'captured')
      await stage.expectLedger('charged once', id, ['authorization', 'capture'])
      stage.say('Staff hands the parcel to DHL; two days later it is there.')
      await stage.staff.ship(id, { carrier: 'DHL', tracking_number: 'JD014600003' })
      stage.expectOrder('shipped', await customer.order(id), 'shipped', 'captured')
      await stage.staff.deliver(id)
      stage.expectOrder('delivered', await customer.order(id), 'delivered', 'captured')
      for (const line of await journeyOf(customer, id)) stage.say(line)
    },
  },
]

const BUYERS = 10
const UNITS = 3

export const contentionStories: Story[] = [
  {
    title: `Sold out: ${BUYERS} buyers at once for ${UNITS} units`,
    async play(stage) {
      const price = { amount: 49_00, currency: 'USD' }
      const product = await stage.staff.createProduct({ name: 'Demo kite, last ones', price, onHand: UNITS })
      try {
        await race(stage, product)
      } finally {
        await stage.staff.deleteProduct(product.id)
      }
    },
  },
  {
    title: 'A double click buys once',
    async play(stage) {
      const [customer, before, key] = [await stage.shop.newCustomer(), await stage.available(), randomUUID()]
      stage.say(`A customer clicks five times; each click carries Idempotency-Key ${key}.`)
      const click = (quantity = 1) =>
        customer.buy({ lines: [{ product: stage.product, quantity }], token: 'tok_visa', key })
      const answers = await Promise.all([click(), click(), click(), click(), click()])
      for (const answer of answers) stage.heard(answer)
      const [orderId = ''] = new Set(answers.map(({ body }) => body.id))
      stage.expect(
        'all five are one order',
        answers.every(({ body }) => body.id === orderId),
        answers.map(({ body }) => body),
      )
      const again = await click()
      stage.expect('a sixth, later, hears the first answer again', again.replayed && again.body.id === orderId, again)
      const other = await click(2)
      stage.expect(
        'another request under the key is refused',
        other.status === 422 && other.body.code === 'idempotency_key_reuse',
        other.body,
      )
      await stage.expectLedger('charged once', orderId, ['authorization', 'capture'])
      await stage.expectStock('one unit is gone', stage.product, before - 1)
    },
  },
]

async function race(stage: Stage, product: Stage['product']): Promise<void> {
  const customers = []
  for (let n = 0; n < BUYERS; n++) customers.push(await stage.shop.newCustomer())
  const answers = await Promise.all(
    customers.map((each) => each.buy({ lines: [{ product, quantity: 1 }], token: 'tok_visa' })),
  )
  const [accepted, refused] = [
    answers.filter(({ status }) => status < 300),
    answers.filter(({ status }) => status === 409),
  ]
  stage.say(
    `${accepted.length} were accepted, ${refused.length} heard 409 ${refused[0]?.body.code}, the slowest after ${Math.max(...answers.map(({ tookMs }) => tookMs))} ms.`,
  )
  stage.expect(
    `exactly ${UNITS} bought one`,
    accepted.length === UNITS,
    answers.map(({ status }) => status),
  )
  stage.expect(
    `the other ${BUYERS - UNITS} were told what is missing`,
    refused.length === BUYERS - UNITS &&
      refused.every(({ body }) => body.code === 'insufficient_stock' && body.items?.length === 1),
    refused[0]?.body,
  )
  for (const [index, { status, body }] of answers.entries()) {
    if (status < 300)
      stage.expectOrder(
        `${body.id} is paid`,
        await (customers[index] as (typeof customers)[number]).orderOnce(body.id, isCaptured),
        'paid',
        'captured',
      )
  }
  await stage.expectStock('nothing is left, and nothing is owed', product, 0)
}

export const cancellationStories: Story[] = [
  {
    title: 'Cancelled after paying: money and stock go back',
    async play(stage) {
      const [customer, before] = [await stage.shop.newCustomer(), await stage.available()]
      const { id } = await stage.orderOne(customer, 'tok_visa')
      stage.expectOrder('paid and captured', await customer.orderOnce(id, isCaptured), 'paid', 'captured')
      const cancelled = await customer.cancel(id, 'Ordered the wrong colour')
      stage.heard(cancelled)
      stage.expect('the cancellation is accepted', cancelled.status === 200, cancelled.body)
      const order = await customer.orderOnce(id, ({ payment_status }) => payment_status === 'refunded')
      stage.expectOrder('cancelled and refunded', order, 'cancelled', 'refunded')
      await stage.expectLedger('all of the money went back, once', id, ['authorization', 'capture', 'refund'])
      await stage.expectStock('the unit is for sale again', stage.product, before)
    },
  },
  {
    title: 'Cancelled before capture: the hold is let go',
    async play(stage) {
      const [customer, before] = [await stage.shop.newCustomer(), await stage.available()]
      const { id } = await stage.orderOne(customer, 'tok_visa', { capture: 'manual' })
      stage.expectOrder('paid, the money held', await customer.order(id), 'paid', 'authorized')
      stage.heard(await customer.cancel(id, 'Changed my mind'))
      const order = await customer.orderOnce(id, ({ payment_status }) => payment_status === 'voided')
      stage.expectOrder('cancelled, and nothing was ever taken', order, 'cancelled', 'voided')
      await stage.expectLedger('held and let go', id, ['authorization', 'void'])
      await stage.expectStock('the unit is for sale again', stage.product, before)
    },
  },
]
