import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '../../stack/stack-file.ts'
import { type Insisted, inParallel, insist, percentile, tally, times } from '../../shopper/http.ts'
import type { Customer } from '../../shopper/people.ts'
import { eventually, figure, newKey, openShop, type Shop } from './shop.ts'

const SHOPPERS = 16
const CHECKOUTS = 100

describe('with the API and the worker in one process', () => {
  const rush = shopFor({})
  test('kill -9 of the process that serves and carries the orders', () => rush('api'))
  test('kill -9 of PostgreSQL', () => rush('postgres'))
  test('kill -9 of Temporal', () => rush('temporal'))

  test('kill -9 after the gateway has acted and before it was heard', async () => {
    const { shop } = rush
    const [customer, product] = await Promise.all([shop.newCustomer(), shop.newProduct()])
    const keepSilent = (operation: string) =>
      shop.gateway('POST', '/v1/faults', { body: { operation, mode: 'silent_after' } })
    const buy = (token: string) => {
      const key = newKey()
      return insist(() => customer.buy(product, { key, token }))
    }
    const moves = async () => tally((await shop.ledger()).map(({ type }) => type))
    const before = await moves()
    const acted = (...types: string[]) =>
      eventually(async () => {
        const now = await moves()
        for (const type of new Set(types))
          expect(now[type] ?? 0).toBe((before[type] ?? 0) + types.filter((each) => each === type).length)
      })

    await Promise.all([keepSilent('capture'), keepSilent('void')])
    const [charged, risky] = [buy('tok_visa'), buy('tok_risky')]
    await acted('authorization', 'authorization', 'capture', 'void')
    await keepSilent('authorize')
    const held = buy('tok_visa')
    await acted('authorization', 'authorization', 'authorization')
    await shop.kill('api')

    for (const sold of [await charged, await held]) {
      expect(sold).toMatchObject({ status: 201, body: { status: 'paid' } })
      await customer.becomes(sold.body.id, 'paid', 'captured')
      expect(await shop.movesOf(sold.body.id)).toEqual(['authorization', 'capture'])
    }
    const refused = await risky
    expect(refused).toMatchObject({ status: 403, body: { code: 'payment_risk' } })
    await customer.becomes(refused.body.order_id, 'cancelled', 'voided')
    expect(await shop.movesOf(refused.body.order_id)).toEqual(['authorization', 'void'])
    expect(await shop.stockOf(product.id)).toEqual({ on_hand: 98, reserved: 0 })
  })
})

describe('with the API and the worker apart', () => {
  const rush = shopFor({ apiProcesses: 1, workers: 1 })
  test('kill -9 of the worker', () => rush('worker'))
  test('kill -9 of the API', () => rush('api'))
})

type Tried = { customer: Customer; answer: Insisted; doneAt: number }

function shopFor(options: Parameters<typeof openShop>[0]) {
  let shop: Shop
  beforeAll(async () => {
    shop = await openShop(options)
  })
  afterEach(() => shop.isSound())
  afterAll(() => shop?.close())

  /** A hundred checkouts by sixteen shoppers, and a third of them in, the process dies. */
  const rush = async (role: Role): Promise<void> => {
    const product = await shop.newProduct({ onHand: CHECKOUTS - 10 })
    const shoppers = await shop.newCustomers(SHOPPERS)
    let done = 0
    const startedAt = performance.now()
    const trying = inParallel(times(CHECKOUTS, newKey), SHOPPERS, async (key, n): Promise<Tried> => {
      const customer = shoppers[n % SHOPPERS]!
      const answer = await insist(() => customer.buy(product, { key }))
      done++
      return { customer, answer, doneAt: performance.now() }
    })
    await eventually(() => expect(done).toBeGreaterThan(CHECKOUTS / 3))
    const killedAt = performance.now()
    await shop.kill(role)
    await shop.whenUp(role)
    const upAt = performance.now()
    const tried = await trying

    tell(role, { startedAt, killedAt, upAt }, tried)
    await everyPromiseIsKept(shop, product.id, tried)
  }
  return Object.defineProperty(rush, 'shop', { get: () => shop }) as typeof rush & { readonly shop: Shop }
}

async function everyPromiseIsKept(shop: Shop, productId: string, tried: Tried[]): Promise<void> {
  const statuses = tally(tried.map(({ answer }) => answer.status))
  expect(statuses, 'every unit was sold once, and the rest were told so').toEqual({ '201': CHECKOUTS - 10, '409': 10 })
  const sold = tried.filter(({ answer }) => answer.status === 201)
  expect(new Set(sold.map(({ answer }) => answer.body.id)).size).toBe(CHECKOUTS - 10)
  await inParallel(sold, 8, ({ customer, answer }) => customer.becomes(answer.body.id, 'paid', 'captured'))
  expect(await shop.stockOf(productId)).toEqual({ on_hand: 0, reserved: 0 })
  const { rows } = await shop.database.query<{ status: string }>(
    'select distinct o.status from orders o join order_items i on i.order_id = o.id where i.product_id = $1',
    [productId],
  )
  for (const { status } of rows) expect(['paid', 'cancelled']).toContain(status)
  const captured = (await shop.ledger()).filter(({ type }) => type === 'capture').map(({ order_id }) => order_id)
  for (const { answer } of sold) expect(captured.filter((id) => id === answer.body.id)).toHaveLength(1)
}

function tell(role: string, at: { startedAt: number; killedAt: number; upAt: number }, tried: Tried[]): void {
  const after = tried.filter(({ doneAt }) => doneAt > at.killedAt)
  const [firstAt = 0, lastAt = 0] = [
    percentile(
      after.map(({ doneAt }) => doneAt),
      0,
    ),
    percentile(
      after.map(({ doneAt }) => doneAt),
      100,
    ),
  ]
  const seconds = (from: number, to: number) => `${Math.round((to - from) / 100) / 10} s`
  figure(
    `${role} killed after ${seconds(at.startedAt, at.killedAt)}: up again in ${seconds(at.killedAt, at.upAt)}, all ${after.length} open checkouts ` +
      `decided in ${seconds(at.killedAt, lastAt)} (first ${seconds(at.killedAt, firstAt)}), ` +
      `${tried.filter(({ answer }) => answer.repeats > 0).length} had to be repeated`,
  )
}
