import { afterAll, beforeAll, expect, test } from 'vitest'
import { inParallel, insist, percentile, tally, times } from '../../shopper/http.ts'
import { figure, newKey, openShop, type Shop } from './shop.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop?.close())

const BUYERS = 200
const UNITS = 50

test('of 200 buyers at once for 50 units exactly 50 get one, and 150 are told clearly', async () => {
  const product = await shop.newProduct({ onHand: UNITS, price: 49_00 })
  const openedAt = performance.now()
  const buyers = await shop.newCustomers(BUYERS)
  const rushAt = performance.now()
  const answers = await Promise.all(
    buyers.map((buyer) => {
      const key = newKey()
      return insist(() => buyer.buy(product, { key }))
    }),
  )
  const tookMs = performance.now() - rushAt

  figure(`${BUYERS} accounts opened in ${Math.round((rushAt - openedAt) / 100) / 10} s`)
  const statuses = tally(answers.map(({ status }) => status))
  const waits = answers.map((answer) => answer.tookMs)
  figure(`${BUYERS} buyers for ${UNITS} units: ${JSON.stringify(statuses)} in ${Math.round(tookMs)} ms`)
  figure(
    `first answers ${JSON.stringify(tally(answers.map(({ first }) => first)))}, p50 ${percentile(waits, 50)} ms, p99 ${percentile(waits, 99)} ms`,
  )
  expect(statuses).toEqual({ '201': UNITS, '409': BUYERS - UNITS })
  for (const { body } of answers.filter(({ status }) => status === 409))
    expect(body).toMatchObject({
      code: 'insufficient_stock',
      items: [{ product_id: product.id, requested: 1, available: 0 }],
    })

  const { rows: started } = await shop.database.query('select count(*)::int as checkouts from checkouts')
  figure(`${started[0].checkouts} workflows were started for them`)
  expect(started[0].checkouts).toBeLessThan(UNITS * 2)

  const sold = answers.filter(({ status }) => status === 201).map(({ body }) => body.id as string)
  expect(new Set(sold).size).toBe(UNITS)
  await inParallel(sold, 4, (id) => shop.staff.becomes(id, 'paid', 'captured'))
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: 0, reserved: 0 })

  const ledger = await shop.ledger()
  const captures = ledger.filter(({ type }) => type === 'capture')
  expect(tally(ledger.map(({ type }) => type))).toEqual({ authorization: UNITS, capture: UNITS })
  expect(captures.map(({ order_id }) => order_id).sort()).toEqual([...sold].sort())
  const { rows } = await shop.database.query(
    'select count(*)::int as payments, sum(captured_minor)::int as captured from payments where captured_minor > 0',
  )
  expect(rows).toEqual([{ payments: UNITS, captured: captures.reduce((sum, { amount }) => sum + amount, 0) }])
  await shop.isSound()
})

test('orders of the same two products in either order never hang each other, and sell each unit once', async () => {
  const [tea, cups] = await Promise.all([shop.newProduct({ onHand: 40 }), shop.newProduct({ onHand: 25 })])
  const buyers = await shop.newCustomers(10)
  const lines = [
    { product_id: tea.id, quantity: 2 },
    { product_id: cups.id, quantity: 1 },
  ]
  const answers = await Promise.all(
    times(60, (n) => {
      const key = newKey()
      return insist(() => buyers[n % 10]!.buy(n % 2 ? lines : [...lines].reverse(), { key }))
    }),
  )
  expect(tally(answers.map(({ status }) => status))).toEqual({ '201': 20, '409': 40 })
  expect(await shop.stockOf(tea.id)).toEqual({ on_hand: 0, reserved: 0 })
  expect(await shop.stockOf(cups.id)).toEqual({ on_hand: 5, reserved: 0 })
  await shop.isSound()
})
