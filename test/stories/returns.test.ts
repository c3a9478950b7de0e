import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tally } from '../../shopper/http.ts'
import type { Customer } from '../../shopper/people.ts'
import { eventually, newKey, openShop, type Shop } from './shop.ts'

let shop: Shop
let customer: Customer
let product: { id: string }
let other: { id: string }
beforeAll(async () => {
  shop = await openShop()
  customer = await shop.newCustomer()
  ;[product, other] = await Promise.all([
    shop.newProduct({ onHand: 500, price: 60_00 }),
    shop.newProduct({ onHand: 500, price: 7_50 }),
  ])
})
afterAll(() => shop?.close())

const usd = (amount: number) => ({ amount, currency: 'USD' })
const lamps = (quantity: number) => ({ product_id: product.id, quantity })
const bulbs = (quantity: number) => ({ product_id: other.id, quantity })

async function delivered(items = [lamps(2)], isDelivered = true): Promise<string> {
  const { body } = await customer.buy(items)
  expect((await shop.staff.ship(body.id)).status).toBe(201)
  if (isDelivered) expect((await shop.staff.deliver(body.id)).status).toBe(201)
  return body.id
}
const sendBack = (orderId: string, items: object[] = [lamps(1)], { who = customer, key = newKey() } = {}) =>
  who.ask('POST', `/v1/orders/${orderId}/returns`, { items, reason: 'does not fit' }, key)
const act = (returnId: string, path: string, body: object = {}, { who = shop.staff, key = newKey() } = {}) =>
  who.ask('POST', `/v1/returns/${returnId}/${path}`, body, key)
const standing = async (returnId: string) => (await customer.ask('GET', `/v1/returns/${returnId}`)).body
const becomes = (returnId: string, status: string) =>
  eventually(async () => expect(await standing(returnId)).toMatchObject({ status }))
async function approved(orderId: string, items: object[] = [lamps(1)]): Promise<string> {
  const { status, body } = await sendBack(orderId, items)
  expect([status, body.status], JSON.stringify(body)).toEqual([201, 'requested'])
  expect((await act(body.id, 'approve')).body).toMatchObject({ status: 'approved', decided_by: shop.staff.id })
  return body.id
}

describe('a customer sends goods back', () => {
  test('and has the money when they have come, the units on the shelf, the ledger with the order', async () => {
    const id = await delivered()
    const before = await shop.stockOf(product.id)
    const returnId = await approved(id)
    const { status, body } = await act(returnId, 'receipts', { items: [{ ...lamps(1), restock: true }] })
    expect(status, JSON.stringify(body)).toBe(201)
    expect(body.items).toEqual([{ ...lamps(1), received: 1, unit_price: usd(60_00) }])
    await becomes(returnId, 'refunded')
    expect((await standing(returnId)).refund).toMatchObject({ status: 'succeeded', amount: usd(60_00) })
    expect(await customer.order(id)).toMatchObject({ payment_status: 'partially_refunded', refunded: usd(60_00) })
    expect(await shop.stockOf(product.id)).toEqual({ ...before, on_hand: before.on_hand + 1 })
    const { body: ledger } = await shop.staff.ask('GET', `/v1/inventory/${product.id}/ledger`)
    expect(ledger.data.at(-1)).toMatchObject({ change: 1, type: 'in', reason: 'returned', order_id: id })
    expect(await shop.movesOf(id)).toEqual(['authorization', 'capture', 'refund'])
    await eventually(async () => {
      const { rows } = await shop.database.query('select type from events where id like $1 order by sequence', [
        `${returnId}:%`,
      ])
      expect(rows.map(({ type }) => type)).toEqual([
        'return.requested',
        'return.approved',
        'return.received',
        'return.refunded',
      ])
    })
  })

  test('in parts: each is counted once, what is broken is not put back, and the money goes back in one sum', async () => {
    const id = await delivered([lamps(2), bulbs(4)])
    const before = await shop.stockOf(other.id)
    const returnId = await approved(id, [lamps(1), bulbs(3)])
    const key = newKey()
    const first = { items: [{ ...bulbs(2), restock: true }] }
    for (const isReplayed of [false, true]) {
      const { status, body, headers } = await act(returnId, 'receipts', first, { key })
      expect([status, body.status]).toEqual([201, 'partially_received'])
      expect(headers.get('idempotency-replayed')).toBe(isReplayed ? 'true' : null)
    }
    expect((await act(returnId, 'receipts', { items: [bulbs(2)] })).body.code).toBe('over_receipt')
    expect((await act(returnId, 'cancel', {}, { who: customer })).body.code).toBe('invalid_transition')
    await act(returnId, 'receipts', { items: [bulbs(1), { ...lamps(1), restock: false }] })
    await becomes(returnId, 'refunded')
    expect((await standing(returnId)).refund.amount).toEqual(usd(82_50))
    expect(await shop.stockOf(other.id)).toEqual({ ...before, on_hand: before.on_hand + 2 })
    expect((await act(returnId, 'receipts', { items: [bulbs(1)] })).body.code).toBe('invalid_transition')
  })

  test('of two returns of the last unit at the same moment one is taken and the other is 409', async () => {
    const id = await delivered([lamps(1)])
    const answers = await Promise.all([sendBack(id), sendBack(id)])
    expect(tally(answers.map(({ status, body }) => `${status} ${body.code ?? body.status}`))).toEqual({
      '201 requested': 1,
      '409 return_exceeds_bought': 1,
    })
  })

  test('once for one key, however often it is asked for', async () => {
    const id = await delivered()
    const key = newKey()
    const answers = await Promise.all([1, 2, 3].map(() => sendBack(id, [lamps(1)], { key })))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1)
    expect((await sendBack(id, [lamps(2)], { key })).body.code).toBe('idempotency_key_reuse')
  })

  test('and keeps them after all: the units can be returned another time', async () => {
    const id = await delivered([lamps(1)])
    const returnId = await approved(id)
    expect((await act(returnId, 'cancel', {}, { who: customer })).body).toMatchObject({ status: 'cancelled' })
    expect((await act(returnId, 'receipts', { items: [lamps(1)] })).body.code).toBe('invalid_transition')
    expect((await sendBack(id)).status).toBe(201)
  })

  test('and hears no: nothing goes back, and it can be asked again', async () => {
    const id = await delivered([lamps(1)])
    const { body } = await sendBack(id)
    expect((await act(body.id, 'deny', { reason: 'worn' })).body).toMatchObject({
      status: 'denied',
      decision_reason: 'worn',
    })
    expect((await act(body.id, 'approve')).body.code).toBe('invalid_transition')
    expect(await shop.movesOf(id)).toEqual(['authorization', 'capture'])
    expect((await sendBack(id)).status).toBe(201)
  })

  test('more is worth than can still go back: they get the rest and no more', async () => {
    const id = await delivered([lamps(1)])
    await shop.staff.ask('POST', `/v1/orders/${id}/refunds`, { amount: usd(50_00), reason: 'goodwill' })
    const returnId = await approved(id)
    await act(returnId, 'receipts', { items: [lamps(1)] })
    await becomes(returnId, 'refunded')
    expect((await standing(returnId)).refund.amount).toEqual(usd(10_00))
    expect(await customer.order(id)).toMatchObject({ payment_status: 'refunded', refunded: usd(60_00) })
  })
})

describe('what cannot be is refused in words, and nothing happens', () => {
  test('an order that has not left, one refused as sold out, units that were not bought or were refunded', async () => {
    const { body: paid } = await customer.buy([lamps(1)])
    expect((await sendBack(paid.id)).body).toMatchObject({ status: 409, code: 'not_returnable' })
    const id = await delivered([lamps(2)], false)
    expect((await sendBack(id, [lamps(3)])).body.code).toBe('return_exceeds_bought')
    expect((await sendBack(id, [bulbs(1)])).body.code).toBe('invalid_request')
    expect((await sendBack(id, [lamps(1), lamps(1)])).body.code).toBe('invalid_request')
    const reason = 'broken'
    await shop.staff.ask('POST', `/v1/orders/${id}/refunds`, { items: [{ ...lamps(1), restock: false }], reason })
    expect((await sendBack(id, [lamps(2)])).body.code).toBe('return_exceeds_bought')
    expect((await sendBack(id, [lamps(1)])).status).toBe(201)
    const again = await shop.staff.ask('POST', `/v1/orders/${id}/refunds`, { items: [lamps(1)], reason })
    expect(again.body.code).toBe('refund_exceeds_captured')
  })

  test('for the order of somebody else, without staff, without a key, and for what one asked oneself above the limit', async () => {
    const id = await delivered()
    const stranger = await shop.newCustomer()
    expect((await sendBack(id, [lamps(1)], { who: stranger })).body.code).toBe('order_not_found')
    const { body } = await sendBack(id, [lamps(2)], { who: shop.staff })
    expect((await stranger.ask('GET', `/v1/returns/${body.id}`)).body.code).toBe('return_not_found')
    expect((await act(body.id, 'approve', {}, { who: customer })).body.code).toBe('forbidden')
    expect((await act(body.id, 'approve')).body.code).toBe('own_return')
    const path = `/v1/returns/${body.id}/approve`
    expect((await shop.call('POST', path, { token: shop.staff.token, body: {} })).body.code).toBe(
      'idempotency_key_required',
    )
    expect((await shop.staff.ask('GET', `/v1/returns?order_id=${id}&status=requested`)).body.data).toHaveLength(1)
    expect((await stranger.ask('GET', '/v1/returns')).body.data).toEqual([])
  })

  test('a window that is over', async () => {
    const id = await delivered()
    await shop.database.query(
      `update order_timeline set created_at = now() - interval '31 days' where order_id = $1 and to_status = 'delivered'`,
      [id],
    )
    expect((await sendBack(id)).body.code).toBe('return_window_over')
  })
})

describe('an operator', () => {
  const signal = (returnId: string, name: string, input: object) =>
    shop.operator.temporal(
      ...['workflow', 'signal', '--workflow-id', `return-${returnId}`, '--name', name],
      ...['--input', JSON.stringify(input)],
    )

  test('approves and counts in from the terminal', async () => {
    const id = await delivered()
    const { body } = await sendBack(id)
    await signal(body.id, 'receive', { items: 'all' })
    await signal(body.id, 'approve', { by: 'ann', reason: 'seen' })
    await becomes(body.id, 'approved')
    await signal(body.id, 'receive', { items: [{ ...lamps(1), restock: true }], by: 'dock' })
    await becomes(body.id, 'refunded')
    expect(await standing(body.id)).toMatchObject({ decided_by: 'ann', receipts: [{ received_by: 'dock' }] })
  })
})

test('after all of it every promise holds', () => shop.isSound())
