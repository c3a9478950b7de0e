import { afterAll, beforeAll, expect, test } from 'vitest'
import { inParallel, tally, times } from '../../shopper/http.ts'
import { type Customer, parcel } from '../../shopper/people.ts'
import { eventually, figure, openShop, type Shop } from './shop.ts'

let shop: Shop
let customer: Customer
let product: { id: string; sku: string }
beforeAll(async () => {
  shop = await openShop()
  customer = await shop.newCustomer()
  product = await shop.newProduct({ onHand: 500 })
})
afterAll(() => shop?.close())

const paidOrder = async (): Promise<string> => {
  const { status, body } = await customer.buy(product)
  expect(status, JSON.stringify(body)).toBe(201)
  return body.id
}
const shelf = () => shop.stockOf(product.id)
const workflow = (id: string) => ['--workflow-id', `order-${id}`]

test('an operator ships and delivers an order from the terminal', async () => {
  const id = await paidOrder()
  await shop.operator.signal(id, 'ship', parcel)
  expect(await customer.becomes(id, 'shipped', 'captured')).toMatchObject({ shipment: parcel })
  await shop.operator.signal(id, 'deliver')
  await customer.becomes(id, 'delivered', 'captured')
  await eventually(async () => expect(await shop.operator.statusOf(id)).toBe('COMPLETED'))
})

test('a parcel that is on its way when its order is reset to the beginning can still be said to have arrived', async () => {
  const id = await paidOrder()
  await shop.operator.signal(id, 'ship', parcel)
  await customer.becomes(id, 'shipped', 'captured')
  await shop.operator.temporal('workflow', 'terminate', ...workflow(id), '--reason', 'a slip')
  await shop.operator.temporal(
    'workflow',
    'reset',
    ...workflow(id),
    '--type',
    'FirstWorkflowTask',
    '--reason',
    'a slip',
  )
  expect((await shop.staff.deliver(id)).status).toBe(201)
  await customer.becomes(id, 'delivered', 'captured')
  await eventually(async () => expect(await shop.operator.statusOf(id)).toBe('COMPLETED'))
  expect(await shop.movesOf(id)).toEqual(['authorization', 'capture'])
})

test('an operator cancels an order with a signal: money and stock go back', async () => {
  const before = await shelf()
  const id = await paidOrder()
  await shop.operator.signal(id, 'cancel', { reason: 'the warehouse is flooded' })
  const order = await customer.becomes(id, 'cancelled', 'refunded')
  expect(order).toMatchObject({ cancel_reason: 'cancelled_by_operator', refunded: order.total })
  expect(await shop.movesOf(id)).toEqual(['authorization', 'capture', 'refund'])
  expect(await shelf()).toEqual(before)
})

test('temporal workflow cancel gives money and stock back, whatever the order waits for', async () => {
  const before = await shelf()
  const [paid, asked, held] = await Promise.all([
    paidOrder(),
    customer.buy(product, { token: 'tok_3ds' }).then(({ body }) => body.id as string),
    customer.buy(product, { capture: 'manual' }).then(({ body }) => body.id as string),
  ])
  await Promise.all([paid, asked, held].map((id) => shop.operator.cancel(id)))
  await customer.becomes(paid, 'cancelled', 'refunded')
  await customer.becomes(asked, 'cancelled', 'voided')
  await customer.becomes(held, 'cancelled', 'voided')
  expect(await shop.movesOf(paid)).toEqual(['authorization', 'capture', 'refund'])
  expect(await shop.movesOf(asked)).toEqual([])
  expect(await shop.movesOf(held)).toEqual(['authorization', 'void'])
  expect(await shelf()).toEqual(before)
  await eventually(async () =>
    expect(await Promise.all([paid, asked, held].map(shop.operator.statusOf))).toEqual(Array(3).fill('CANCELLED')),
  )
})

test('an order that is on its way is not undone by a cancellation from the terminal', async () => {
  const id = await paidOrder()
  expect((await shop.staff.ship(id)).status).toBe(201)
  await shop.operator.cancel(id)
  await shop.operator.signal(id, 'cancel', { reason: 'too late' })
  await shop.operator.signal(id, 'deliver')
  await customer.becomes(id, 'delivered', 'captured')
  expect(await shop.movesOf(id)).toEqual(['authorization', 'capture'])
})

test('orders are found in the list of workflows by what they are', async () => {
  const mine = await shop.newCustomer()
  const lamp = await shop.newProduct()
  const { body: paid } = await mine.buy(lamp)
  const { body: waiting } = await mine.buy(lamp, { token: 'tok_review' })
  const finds = (query: string, ids: string[]) =>
    eventually(async () =>
      expect((await shop.operator.list(query)).sort()).toEqual(ids.map((id) => `order-${id}`).sort()),
    )
  await finds(`CustomerId="${mine.id}"`, [paid.id, waiting.id])
  await finds(`CustomerId="${mine.id}" and OrderStatus="paid" and PaymentStatus="captured"`, [paid.id])
  await finds(`Skus="${lamp.sku}" and OrderStatus="pending"`, [waiting.id])
  await finds(`Skus="${lamp.sku}" and OrderTotal=1999 and Currency="USD"`, [paid.id, waiting.id])
  await finds(`CustomerId="${mine.id}" and NeedsAttention=true`, [])
  await shop.operator.signal(waiting.id, 'reject', { by: 'robin', reason: 'unknown' })
  await mine.becomes(waiting.id, 'cancelled', 'voided')
  await finds(`CustomerId="${mine.id}" and OrderStatus="cancelled" and PaymentStatus="voided"`, [waiting.id])
})

test('a workflow tells its operator in words what it is, where it stands and what can be done', async () => {
  const { body } = await customer.buy([{ product_id: product.id, quantity: 3 }])
  const metadata = await shop.operator.temporal('workflow', 'metadata', ...workflow(body.id))
  expect(metadata).toContain('Paid: waiting to be shipped')
  expect(metadata).toContain(`3 of ${product.sku}`)
  const described = await shop.operator.temporal('workflow', 'describe', ...workflow(body.id))
  expect(described).toContain('Order of 3 units of 1 product')
  expect(described).toContain(`temporal workflow signal --workflow-id order-${body.id} --name ship`)
  const history = await shop.operator.temporal('workflow', 'show', ...workflow(body.id), '--output', 'json')
  for (const secret of ['tok_visa', 'Harbour Street', 'Robin Story', customer.email])
    for (const text of [history, metadata, described]) expect(text).not.toContain(secret)
})

test('what cannot be is refused by the order without a mark in its history, and by the API with 409', async () => {
  const id = await paidOrder()
  await shop.operator.comesToRest(id)
  const before = await shop.operator.historyLength(id)
  const update = (name: string, input: object) =>
    shop.operator.temporal(
      'workflow',
      'update',
      'execute',
      ...workflow(id),
      '--name',
      name,
      '--input',
      JSON.stringify(input),
    )
  await expect(update('deliver', {})).rejects.toThrow('The order is paid')
  await expect(update('approve', {})).rejects.toThrow('does not wait for an approval')
  await expect(update('ship', { carrier: 'DHL' })).rejects.toThrow('ship needs')
  expect(await shop.staff.deliver(id)).toMatchObject({ status: 409, body: { code: 'invalid_transition' } })
  expect(await shop.operator.historyLength(id)).toBe(before)

  expect((await shop.staff.ship(id)).status).toBe(201)
  expect(await shop.staff.ship(id)).toMatchObject({ status: 409, body: { code: 'invalid_transition' } })
  expect(await customer.cancel(id)).toMatchObject({ status: 409, body: { code: 'not_cancellable' } })
  expect((await shop.staff.deliver(id)).status).toBe(201)
  expect(await shop.staff.deliver(id)).toMatchObject({ status: 409, body: { code: 'invalid_transition' } })
  expect(await customer.cancel(id)).toMatchObject({ status: 409, body: { code: 'not_cancellable' } })
})

test('a signal that makes no sense is noted, and the order lives on', async () => {
  const id = await paidOrder()
  await shop.operator.signal(id, 'ship', { carrier: '' })
  await shop.operator.signal(id, 'ship')
  await shop.operator.signal(id, 'deliver')
  await shop.operator.signal(id, 'approve')
  await shop.operator.signal(id, 'no_such_signal', { what: 'ever' })
  await eventually(async () =>
    expect(await shop.operator.temporal('workflow', 'metadata', ...workflow(id))).toContain('approve was refused'),
  )
  expect((await shop.staff.ship(id)).status).toBe(201)
})

test('of a cancellation and a shipment at the same moment exactly one wins', async () => {
  const ids = await inParallel(times(20, String), 4, paidOrder)
  const winners = await inParallel(ids, 2, async (id, n) => {
    const asked = [() => customer.cancel(id), () => shop.staff.ship(id)]
    const [cancelled, shipped] = n % 2 ? await both(asked) : (await both(asked.reverse())).reverse()
    const won = cancelled!.status === 200 ? 'cancel' : 'ship'
    if (won === 'cancel') {
      expect(shipped).toMatchObject({ status: 409, body: { code: 'invalid_transition' } })
      await customer.becomes(id, 'cancelled', 'refunded')
    } else {
      expect(cancelled).toMatchObject({ status: 409, body: { code: 'not_cancellable' } })
      expect(shipped).toMatchObject({ status: 201, body: { status: 'shipped' } })
      await customer.becomes(id, 'shipped', 'captured')
    }
    return won
  })
  figure(`20 races of a cancellation and a shipment: ${JSON.stringify(tally(winners))}`)
})

const both = <T>(asked: (() => Promise<T>)[]): Promise<T[]> => Promise.all(asked.map((ask) => ask()))

test('afterwards every promise of the shop holds', () => shop.isSound())
