import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordCheckout } from '../../store/checkouts.ts'
import { fingerprintOf } from '../../store/idempotency.ts'
import { newId } from '../../store/ids.ts'
import { checkInvariants } from '../../store/invariants.ts'
import { findStock } from '../../store/inventory.ts'
import {
  cancelOrder,
  confirmOrder,
  findCheckout,
  findOrder,
  placeOrder,
  recordCapture,
} from '../../store/orders/index.ts'
import { holdRefund, settleRefund } from '../../store/refunds/index.ts'
import { addProduct } from '../support/shop-api.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { createUser } from '../../store/users.ts'

let shop: TestDatabase
let userId: string

beforeAll(async () => {
  shop = await openTestDatabase()
  userId = newId('usr')
  await createUser(shop.database, { id: userId, username: 'ann', email: 'ann@example.com', passwordHash: 'x' })
})
afterAll(async () => {
  const results = await checkInvariants({ database: shop.database, only: 'always' })
  await shop.close()
  // The money of a cancelled order is given back by its workflow, and none runs here.
  const kept = results.filter(({ name }) => name !== 'cancelled_order_owes_nothing')
  expect(kept.flatMap(({ name, violations }) => violations.map((violation) => ({ name, ...violation })))).toEqual([])
})

const address = { name: 'Ann', line1: '1 Road', city: 'Berlin', postal_code: '10115', country: 'DE' }

type Wanted = Record<string, number>

async function ask(wanted: Wanted, caller = { userId, tokenVersion: 0 }): Promise<string> {
  const orderId = newId('ord')
  await recordCheckout(
    shop.database,
    { userId: caller.userId, route: 'POST /v1/orders', key: orderId, fingerprint: fingerprintOf(wanted) },
    {
      orderId,
      ...caller,
      lines: Object.entries(wanted).map(([productId, quantity]) => ({ productId, quantity })),
      payment: { method: 'card', token: 'tok_visa', capture: 'automatic' },
      shippingAddress: address,
      billingAddress: address,
    },
  )
  return orderId
}

const place = async (wanted: Wanted) => {
  const orderId = await ask(wanted)
  return { orderId, ...(await placeOrder(shop.database, orderId)) }
}
const confirm = (orderId: string) => confirmOrder(shop.database, { orderId, intentId: `pi_${orderId}`, riskScore: 0.1 })
const cancel = (orderId: string) =>
  cancelOrder(shop.database, { orderId, reason: 'cancelled_by_customer', actor: 'customer' })
const stockOf = async (productId: string) => {
  const stock = await findStock(shop.database, productId)
  return { onHand: stock?.onHand, reserved: stock?.reserved }
}

describe('stock is never promised twice', () => {
  test('however many buyers want however much at once, what they got is what there was', async () => {
    const demand = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 16 })
    await fc.assert(
      fc.asyncProperty(fc.nat(20), demand, async (onHand, quantities) => {
        const productId = await addProduct(shop.database, { onHand })
        const orders = await Promise.all(quantities.map((quantity) => place({ [productId]: quantity })))
        const promised = quantities.filter((_, n) => orders[n]?.outcome === 'placed').reduce((a, b) => a + b, 0)
        expect(promised).toBeLessThanOrEqual(onHand)
        expect(await stockOf(productId)).toEqual({ onHand, reserved: promised })
        // Nobody was sent away while there was enough for them.
        const smallest = Math.min(...quantities.filter((_, n) => orders[n]?.outcome === 'refused'))
        expect(onHand - promised).toBeLessThan(smallest)
      }),
      { numRuns: 25 },
    )
  })

  test('orders for the same products in any order never block each other in a circle', async () => {
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => addProduct(shop.database, { onHand: 500 })))
    const wanted = [
      [a, b, c],
      [c, b, a],
      [b, a],
      [c, a],
      [b, c],
    ] as string[][]
    const orders = await Promise.all(
      Array.from({ length: 60 }, (_, n) => place(Object.fromEntries((wanted[n % 5] ?? []).map((id) => [id, 1])))),
    )
    expect(orders.every(({ outcome }) => outcome === 'placed')).toBe(true)
    const ends = await Promise.all(orders.map(({ orderId }, n) => (n % 2 ? confirm(orderId) : cancel(orderId))))
    expect(ends).toHaveLength(60)
  })

  test('an order is wholly there or not at all', async () => {
    const plenty = await addProduct(shop.database, { onHand: 5 })
    const none = await addProduct(shop.database, { onHand: 0 })
    const { orderId, outcome } = await place({ [plenty]: 1, [none]: 1 })
    expect(outcome).toBe('refused')
    expect(await findOrder(shop.database, orderId)).toBeUndefined()
    expect(await stockOf(plenty)).toEqual({ onHand: 5, reserved: 0 })
    expect((await findCheckout(shop.database, orderId))?.refusal).toEqual({
      code: 'insufficient_stock',
      items: [{ product_id: none, requested: 1, available: 0 }],
    })
  })
})

test('whoever has a token that no longer counts, or is nobody, buys nothing and uses up no key', async () => {
  const wanted = { [await addProduct(shop.database, { onHand: 5 })]: 1 }
  for (const caller of [
    { userId, tokenVersion: 1 },
    { userId: newId('usr'), tokenVersion: 0 },
  ])
    await expect(ask(wanted, caller)).rejects.toMatchObject({ code: 'unauthenticated' })
  const { rows } = await shop.database.query(
    `select (select count(*)::int from idempotency_keys) = (select count(*)::int from checkouts) as "areEven",
            (select count(*)::int from checkouts where product_ids && $1::text[]) as asked`,
    [Object.keys(wanted)],
  )
  expect(rows).toEqual([{ areEven: true, asked: 0 }])
})

describe('a step that is taken again changes nothing', () => {
  test('placing, confirming, capturing and cancelling, each five times at once', async () => {
    const productId = await addProduct(shop.database, { onHand: 10 })
    const five = <T>(step: () => Promise<T>) => Promise.all(Array.from({ length: 5 }, step))
    const orderId = await ask({ [productId]: 3 })
    const placed = await five(() => placeOrder(shop.database, orderId))
    expect(new Set(placed.map((each) => JSON.stringify({ ...each, signals: undefined }))).size).toBe(1)
    expect(await stockOf(productId)).toEqual({ onHand: 10, reserved: 3 })
    expect(new Set(await five(() => confirm(orderId)))).toEqual(new Set(['paid']))
    expect(await stockOf(productId)).toEqual({ onHand: 7, reserved: 0 })
    await five(() => recordCapture(shop.database, orderId))
    expect((await findOrder(shop.database, orderId))?.paymentStatus).toBe('captured')

    const other = (await place({ [productId]: 2 })).orderId
    await five(() => cancel(other))
    expect(await stockOf(productId)).toEqual({ onHand: 7, reserved: 0 })
  })
})

describe('what is given up stays given up', () => {
  test('placing that comes after the order was given up finds nothing to do', async () => {
    const productId = await addProduct(shop.database, { onHand: 4 })
    const orderId = await ask({ [productId]: 1 })
    expect(await cancel(orderId)).toEqual({ isOrder: false, isDisputed: false, wasPaid: false })
    expect(await placeOrder(shop.database, orderId)).toEqual({ outcome: 'abandoned' })
    expect(await stockOf(productId)).toEqual({ onHand: 4, reserved: 0 })
  })

  test('placing and giving up at the same moment: one wins, nothing leaks', async () => {
    const productId = await addProduct(shop.database, { onHand: 40 })
    for (let race = 0; race < 20; race++) {
      const orderId = await ask({ [productId]: 1 })
      const [placed] = await Promise.all([placeOrder(shop.database, orderId), cancel(orderId)])
      if (placed.outcome === 'placed') await cancel(orderId) // the undo runs again until it has seen the order
      expect(await stockOf(productId)).toEqual({ onHand: 40, reserved: 0 })
    }
  })

  test('confirming and cancelling at the same moment: the order is paid or cancelled, and the shelf agrees', async () => {
    const productId = await addProduct(shop.database, { onHand: 40 })
    let sold = 0
    for (let race = 0; race < 20; race++) {
      const { orderId } = await place({ [productId]: 1 })
      const [confirmed] = await Promise.all([confirm(orderId), cancel(orderId)])
      const order = await findOrder(shop.database, orderId)
      expect(['paid', 'cancelled']).toContain(order?.status)
      if (order?.status === 'paid') sold += 1
      if (confirmed === 'cancelled') expect(order?.status).toBe('cancelled')
      expect(await stockOf(productId)).toEqual({ onHand: 40 - sold, reserved: 0 })
      if (order?.status === 'paid') await recordCapture(shop.database, orderId)
    }
  })
})

describe('units that come back are on the shelf once', () => {
  test('whether the refund that names them or the cancellation of their order comes first, or both at once', async () => {
    for (let round = 0; round < 30; round++) {
      const productId = await addProduct(shop.database, { onHand: 5 })
      const { orderId } = await place({ [productId]: 3 })
      await confirm(orderId)
      await recordCapture(shop.database, orderId)
      const refundId = newId('re')
      const items = [
        { productId, quantity: 1, restock: true },
        { productId, quantity: 1, restock: false },
      ]
      const approval = { limitMinor: 1_000_000, withinMs: 86_400_000, deadlineMs: 86_400_000 }
      const asked = { refundId, orderId, items, reason: 'broken', requester: { id: userId, isStaff: true }, approval }
      expect(await holdRefund(shop.database, asked)).toMatchObject({ outcome: 'held' })
      const steps = [
        () => settleRefund(shop.database, { refundId, transactionId: `re_${refundId}` }),
        () => cancel(orderId),
      ]
      if (round % 3 === 0) await Promise.all(steps.map((step) => step()))
      else for (const step of round % 3 === 1 ? steps : steps.reverse()) await step()
      expect(await stockOf(productId)).toEqual({ onHand: 5, reserved: 0 })
      const again = { ...asked, refundId: newId('re'), items: items.slice(0, 1) }
      expect(await holdRefund(shop.database, again)).toMatchObject({ outcome: 'refused' })
    }
  })
})

describe('the database refuses what no code should do', () => {
  test('an order whose total is not the sum of its lines', async () => {
    const productId = await addProduct(shop.database, { onHand: 4 })
    const { orderId } = await place({ [productId]: 1 })
    await expect(
      shop.database.query('update orders set total_minor = total_minor + 1 where id = $1', [orderId]),
    ).rejects.toThrow(/has a total of/)
    await expect(shop.database.query('delete from order_items where order_id = $1', [orderId])).rejects.toThrow(
      /lines of nothing/,
    )
    await cancel(orderId)
  })

  test('a promise of more than lies on the shelf', async () => {
    const productId = await addProduct(shop.database, { onHand: 4 })
    await expect(
      shop.database.query('update stock set reserved = 5 where product_id = $1', [productId]),
    ).rejects.toThrow(/stock_never_oversold/)
  })
})
