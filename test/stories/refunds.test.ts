import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inParallel, tally, times } from '../../shopper/http.ts'
import type { Customer } from '../../shopper/people.ts'
import { eventually, newKey, openShop, type Shop } from './shop.ts'

let shop: Shop
let customer: Customer
let manager: Customer
let product: { id: string; price: { amount: number } }
beforeAll(async () => {
  shop = await openShop({ env: { REFUND_APPROVAL_LIMIT: '10000' } })
  customer = await shop.newCustomer()
  manager = await shop.newCustomer()
  await shop.database.query(`update users set role = 'manager' where id = $1`, [manager.id])
  product = await shop.newProduct({ onHand: 500, price: 60_00 })
})
afterAll(() => shop?.close())

async function paidOrder(quantity = 1): Promise<string> {
  const { status, body } = await customer.buy([{ product_id: product.id, quantity }])
  expect(status, JSON.stringify(body)).toBe(201)
  return body.id
}
const usd = (amount: number) => ({ amount, currency: 'USD' })
const refund = (who: Customer, orderId: string, body: object, key = newKey()) =>
  who.ask('POST', `/v1/orders/${orderId}/refunds`, { reason: 'arrived broken', ...body }, key)
const decide = (who: Customer, refundId: string, decision: string, body: object = {}) =>
  who.ask('POST', `/v1/refunds/${refundId}/${decision}`, body)

describe('staff give money back', () => {
  test('by amount: at once, and the order says how much', async () => {
    const id = await paidOrder()
    const { status, body } = await refund(shop.staff, id, { amount: usd(10_00) })
    expect([status, body]).toEqual([
      201,
      expect.objectContaining({
        order_id: id,
        status: 'succeeded',
        amount: usd(10_00),
        items: [],
        reason: 'arrived broken',
      }),
    ])
    expect(await customer.order(id)).toMatchObject({ payment_status: 'partially_refunded', refunded: usd(10_00) })
    expect(await shop.movesOf(id)).toEqual(['authorization', 'capture', 'refund'])
    expect((await customer.ask('GET', `/v1/refunds/${body.id}`)).body).toMatchObject({
      id: body.id,
      status: 'succeeded',
    })
  })

  test('all of it: the order is not shipped any more, and staff are told so at once', async () => {
    const id = await paidOrder()
    expect((await refund(shop.staff, id, {})).body).toMatchObject({ status: 'succeeded', amount: usd(60_00) })
    const { status, body } = await shop.staff.ship(id)
    expect([status, body.code]).toEqual([409, 'invalid_transition'])
    expect((await customer.cancel(id)).status).toBe(200)
  })

  test('by lines: the units that come back are on the shelf again, and the ledger says from which order', async () => {
    const before = await shop.stockOf(product.id)
    const id = await paidOrder(2)
    const items = [{ product_id: product.id, quantity: 1, restock: true }]
    expect((await refund(shop.staff, id, { items })).body).toMatchObject({ status: 'succeeded', amount: usd(60_00) })
    expect(await shop.stockOf(product.id)).toEqual({ ...before, on_hand: before.on_hand - 1 })
    const { body: ledger } = await shop.staff.ask('GET', `/v1/inventory/${product.id}/ledger`)
    expect(ledger.data.at(-1)).toMatchObject({ change: 1, type: 'in', reason: 'refunded', order_id: id })
  })

  test('many times, and never more than was taken', async () => {
    const id = await paidOrder()
    const answers = await inParallel(times(6, String), 6, () => refund(shop.staff, id, { amount: usd(25_00) }))
    expect(tally(answers.map(({ status, body }) => `${status} ${body.code ?? body.status}`))).toEqual({
      '201 succeeded': 2,
      '409 refund_exceeds_captured': 4,
    })
    expect((await refund(shop.staff, id, {})).body).toMatchObject({ status: 'succeeded', amount: usd(10_00) })
    expect(await customer.order(id)).toMatchObject({ payment_status: 'refunded', refunded: usd(60_00) })
  })

  test('of two refunds of everything at the same moment one succeeds and the other is 409', async () => {
    const id = await paidOrder()
    const answers = await Promise.all([refund(shop.staff, id, {}), refund(shop.staff, id, {})])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
  })

  test('once for one key, however often it is asked for', async () => {
    const id = await paidOrder()
    const key = newKey()
    const answers = await Promise.all(times(5, () => refund(shop.staff, id, { amount: usd(5_00) }, key)))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1)
    const again = await refund(shop.staff, id, { amount: usd(5_00) }, key)
    expect([again.status, again.body.id]).toEqual([201, answers[0]?.body.id])
    expect((await refund(shop.staff, id, { amount: usd(6_00) }, key)).body.code).toBe('idempotency_key_reuse')
    expect((await customer.order(id)).refunded).toEqual(usd(5_00))
  })
})

describe('what needs somebody else', () => {
  test('a refund above the limit waits for a manager who did not ask for it', async () => {
    const id = await paidOrder(3)
    const { status, body } = await refund(shop.staff, id, {})
    expect([status, body.status]).toEqual([202, 'pending_approval'])
    expect((await decide(shop.staff, body.id, 'approve')).body.code).toBe('own_refund')
    expect((await decide(customer, body.id, 'approve')).body.code).toBe('forbidden')
    expect(await shop.movesOf(id)).toEqual(['authorization', 'capture'])
    expect(await decide(manager, body.id, 'approve')).toMatchObject({
      status: 200,
      body: { status: 'succeeded', decided_by: manager.id },
    })
    expect((await decide(manager, body.id, 'approve')).body.code).toBe('invalid_transition')
    expect((await customer.order(id)).payment_status).toBe('refunded')
  })

  test('a rejected refund leaves the money where it is, and room for another', async () => {
    const id = await paidOrder(3)
    const { body } = await refund(shop.staff, id, {})
    expect((await decide(manager, body.id, 'reject', { reason: 'worn' })).body.status).toBe('rejected')
    expect(await customer.order(id)).toMatchObject({ payment_status: 'captured', refunded: usd(0) })
    expect((await refund(shop.staff, id, { amount: usd(1_00) })).status).toBe(201)
  })

  test('customers may ask, and the shop decides', async () => {
    const id = await paidOrder()
    const { status, body } = await refund(customer, id, { amount: usd(1) })
    expect([status, body.status]).toEqual([202, 'pending_approval'])
    const { body: waiting } = await shop.staff.ask('GET', `/v1/refunds?order_id=${id}&status=pending_approval`)
    expect(waiting.data.map((each: { id: string }) => each.id)).toEqual([body.id])
    expect((await decide(shop.staff, body.id, 'approve')).body.status).toBe('succeeded')
  })

  test('an operator decides from the terminal', async () => {
    const [approved, rejected] = await Promise.all([paidOrder(3), paidOrder(3)])
    const asked = await Promise.all([refund(shop.staff, approved, {}), refund(shop.staff, rejected, {})])
    const [yes, no] = asked.map(({ body }) => body.id as string)
    const signal = (refundId = '', name = '') =>
      shop.operator.temporal(
        ...['workflow', 'signal', '--workflow-id', `refund-${refundId}`, '--name', name],
        ...['--input', JSON.stringify({ by: 'ann', reason: 'seen' })],
      )
    await signal(yes, 'approve')
    await signal(no, 'reject')
    const statusOf = async (id?: string) => (await shop.staff.ask('GET', `/v1/refunds/${id}`)).body
    await eventually(async () => expect((await statusOf(yes)).status).toBe('succeeded'))
    await eventually(async () => expect(await statusOf(no)).toMatchObject({ status: 'rejected', decided_by: 'ann' }))
  })
})

describe('a preview', () => {
  test('says what would happen, and nothing does', async () => {
    const id = await paidOrder(3)
    const preview = (body: object) =>
      shop.staff.ask('POST', `/v1/orders/${id}/refunds/preview`, { reason: 'broken', ...body })
    expect((await preview({ items: [{ product_id: product.id, quantity: 1 }] })).body).toEqual({
      order_id: id,
      amount: usd(60_00),
      refundable: usd(180_00),
      needs_approval: false,
    })
    expect((await preview({})).body).toMatchObject({ amount: usd(180_00), needs_approval: true })
    expect((await preview({ amount: usd(180_01) })).body.code).toBe('refund_exceeds_captured')
    expect(await customer.order(id)).toMatchObject({ payment_status: 'captured', refunded: usd(0) })
  })
})

describe('what cannot be is refused in words, and nothing happens', () => {
  test.each([
    ['nothing', { amount: usd(0) }, 422, 'invalid_request'],
    ['less than nothing', { amount: usd(-1) }, 422, 'invalid_request'],
    ['a fraction of a cent', { amount: usd(0.5) }, 422, 'invalid_request'],
    ['another currency', { amount: { amount: 100, currency: 'EUR' } }, 422, 'invalid_request'],
    ['one cent more than was taken', { amount: usd(60_01) }, 409, 'refund_exceeds_captured'],
    ['a product that was not bought', { items: [{ product_id: 'prd_x', quantity: 1 }] }, 422, 'invalid_request'],
    ['no reason', { reason: ' ' }, 422, 'invalid_request'],
    ['a field that is not there', { note: 'x' }, 422, 'invalid_request'],
  ])('%s', async (_, body, status, code) => {
    const id = await paidOrder()
    const answer = await refund(shop.staff, id, body)
    expect([answer.status, answer.body.code]).toEqual([status, code])
    if (status === 422) expect(answer.body.errors?.[0]?.message, 'what is wrong').toMatch(/./)
    expect(await shop.movesOf(id)).toEqual(['authorization', 'capture'])
  })

  test('more units than were bought', async () => {
    const id = await paidOrder()
    const items = [{ product_id: product.id, quantity: 2, restock: true }]
    expect((await refund(shop.staff, id, { items, amount: usd(1) })).body.code).toBe('refund_exceeds_captured')
  })

  test('without a key, without a token, for the order of somebody else', async () => {
    const id = await paidOrder()
    const stranger = await shop.newCustomer()
    expect((await refund(stranger, id, {})).body.code).toBe('order_not_found')
    const path = `/v1/orders/${id}/refunds`
    const body = { reason: 'broken' }
    expect((await shop.call('POST', path, { token: shop.staff.token, body })).body.code).toBe(
      'idempotency_key_required',
    )
    expect((await shop.call('POST', path, { key: newKey(), body })).body.code).toBe('unauthenticated')
    const { body: made } = await refund(shop.staff, id, {})
    expect((await stranger.ask('GET', `/v1/refunds/${made.id}`)).body.code).toBe('refund_not_found')
    expect((await stranger.ask('GET', '/v1/refunds')).body.data).toEqual([])
  })
})

test('a gateway that is away holds a refund up and does not lose it', async () => {
  const id = await paidOrder()
  await shop.gateway('POST', '/v1/faults', {
    body: { operation: 'refund', mode: 'error_before', order_id: id, times: 4 },
  })
  const { status, body } = await refund(shop.staff, id, {})
  expect([201, 202]).toContain(status)
  await customer.becomes(id, 'paid', 'refunded')
  expect((await shop.staff.ask('GET', `/v1/refunds/${body.id}`)).body.status).toBe('succeeded')
  expect(await shop.movesOf(id)).toEqual(['authorization', 'capture', 'refund'])
})

test('the timeline and the events tell of each refund', async () => {
  const id = await paidOrder()
  const { body } = await refund(shop.staff, id, { amount: usd(1_00) })
  const { body: timeline } = await customer.ask('GET', `/v1/orders/${id}/timeline`)
  expect(timeline.data.map(({ what }: { what: string }) => what).slice(-2)).toEqual([
    'refund requested',
    'payment refunded',
  ])
  await eventually(async () => {
    const { rows } = await shop.database.query('select id from events where aggregate_id = $1', [id])
    expect(rows.map((row) => row.id)).toEqual(
      expect.arrayContaining([`${body.id}:refund.requested`, `${body.id}:refund.success`]),
    )
  })
})

test('after all of it every promise holds', () => shop.isSound())
