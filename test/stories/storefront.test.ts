import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Answer, insist, tally, times } from '../../shopper/http.ts'
import type { Customer } from '../../shopper/people.ts'
import { eventually, figure, newKey, openShop, type Shop } from './shop.ts'

let shop: Shop
let customer: Customer
beforeAll(async () => {
  shop = await openShop({ apiProcesses: 2, workers: 1 })
  customer = await shop.newCustomer()
})
afterEach(() => shop.isSound())
afterAll(() => shop?.close())

/** Each on a connection of its own, so that both processes answer. */
const ask = (path: string): Promise<Answer> => shop.call('GET', path, { headers: { connection: 'close' } })

/** Asks until everyone sees it; whoever asks later than a second after the change must. */
async function isSeen(changedAt: number, look: () => Promise<boolean>): Promise<number> {
  for (;;) {
    const askedAt = performance.now()
    const seen = await Promise.all(times(10, look))
    if (seen.every(Boolean)) return Math.round(askedAt - changedAt)
    expect(askedAt - changedAt, 'somebody still sees the old one').toBeLessThan(1_000)
    await sleep(20)
  }
}

test('a change of price or stock is seen through every API process within a second, in the product, the search and the page', async () => {
  const product = await shop.newProduct({ name: 'Quicksilver barometer', price: 10_00, onHand: 5 })
  const at = `/v1/products/${product.id}`
  const looks: Record<string, () => Promise<any>> = {
    product: async () => (await ask(at)).body,
    search: async () => (await ask('/v1/search?q=quicksilver')).body.data[0],
    page: async () => (await ask(`${at}/page`)).body.product,
  }
  await Promise.all(Object.values(looks).flatMap((look) => times(8, look)))

  const price = { amount: 12_50, currency: 'USD' }
  expect((await shop.staff.ask('PATCH', at, { price })).status).toBe(200)
  const pricedAt = performance.now()
  const priced = await Promise.all(
    Object.values(looks).map((look) => isSeen(pricedAt, async () => (await look()).price.amount === 12_50)),
  )
  expect((await customer.buy(product)).body).toMatchObject({ status: 'paid', total: price })
  const soldAt = performance.now()
  const sold = await Promise.all(
    Object.values(looks).map((look) => isSeen(soldAt, async () => (await look()).inventory.available === 4)),
  )
  figure(
    `seen by all in product, search, page: a price after ${priced.join(', ')} ms, a sale after ${sold.join(', ')} ms`,
  )
})

test('what was said to be sold out a moment ago can be bought once it is restocked, and each unit once', async () => {
  const product = await shop.newProduct({ onHand: 0 })
  const key = newKey()
  const refused = await Promise.all(times(20, () => customer.buy(product)))
  expect(tally(refused.map(({ status }) => status))).toEqual({ '409': 20 })
  const more = { change: 3, type: 'in', reason: 'found some' }
  expect((await shop.staff.ask('POST', `/v1/inventory/${product.id}/adjustments`, more)).status).toBe(201)
  const bought = await eventually(async () => {
    const answer = await customer.buy(product, { key })
    expect(answer.status).toBe(201)
    return answer
  }, 5_000)
  const rush = await Promise.all(times(12, () => insist(() => customer.buy(product, { key: newKey() }))))
  expect(tally(rush.map(({ status }) => status))).toMatchObject({ '201': 2 })
  const again = await customer.buy(product, { key })
  expect(again, 'its own answer, though nothing is left').toMatchObject({
    status: 201,
    replayed: true,
    body: bought.body,
  })
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: 0, reserved: 0 })
})

test('who has bought a product reviews it, and its page shows how it is rated', async () => {
  const product = await shop.newProduct()
  const at = `/v1/products/${product.id}/reviews`
  const said = { rating: 5, title: 'Bright', body: 'As bright as it says.' }
  expect((await customer.ask('POST', at, said)).body.code).toBe('not_a_buyer')
  const { body: given } = await customer.buy(product)
  await customer.becomes(given.id, 'paid', 'captured')
  expect((await customer.cancel(given.id)).status).toBe(200)
  expect((await customer.ask('POST', at, said)).body.code, 'given back before it was sent').toBe('not_a_buyer')
  await customer.buy(product)
  expect(await customer.ask('POST', at, said)).toMatchObject({ status: 201, body: { ...said, status: 'published' } })
  expect((await customer.ask('POST', at, said)).body.code).toBe('review_exists')
  await eventually(async () =>
    expect((await ask(`/v1/products/${product.id}/page`)).body.reviews).toMatchObject({
      rating: { average: 5, count: 1 },
      data: [said],
    }),
  )
})

test('with Redis flushed, killed and back again everything is answered as before', async () => {
  const product = await shop.newProduct({ name: 'Selenite prism' })
  const at = `/v1/products/${product.id}`
  const everything = async () => {
    const answers = await Promise.all([at, `${at}/page`, '/v1/search?q=selenite', `${at}/reviews`].map(ask))
    expect(tally(answers.map(({ status }) => status))).toEqual({ '200': 4 })
    expect(answers[2]?.body.data).toMatchObject([{ id: product.id }])
    // On a busy machine a part may be late; the page comes whole again by itself.
    await eventually(async () => expect((await ask(`${at}/page`)).body.missing).toEqual([]))
  }
  await everything()
  await shop.halt('redis', 'SIGKILL')
  await everything()
  expect((await customer.buy(product)).status).toBe(201)
  await shop.resume('redis')
  await everything()
})
