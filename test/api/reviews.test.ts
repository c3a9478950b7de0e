import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../store/ids.ts'
import { openShopApi, type ShopApi } from '../support/shop-api.ts'

let shop: ShopApi
let productId: string
beforeAll(async () => {
  shop = await openShopApi()
  productId = await shop.product()
})
afterAll(() => shop.close())

type Person = Awaited<ReturnType<ShopApi['signUp']>>
const said = { rating: 4, title: 'Bright', body: 'As bright as it says.' }
const write = (by: Person, body: object = said, id = productId) =>
  shop.ask('POST', `/v1/products/${id}/reviews`, { token: by.token, body })
const shown = async (query = '') => (await shop.ask('GET', `/v1/products/${productId}/reviews${query}`)).body
const decide = (id: string, to: 'publish' | 'reject', by: Person = shop.manager) =>
  shop.ask('POST', `/v1/reviews/${id}/${to}`, { token: by.token, body: {} })

async function buyer(status = 'paid') {
  const person = await shop.signUp('user')
  const orderId = newId('ord')
  // In one transaction: an order and its lines are looked at together.
  await shop.database.query(
    `with placed as (
       insert into orders (id, user_id, status, payment_status, total_minor, currency, shipping_address, billing_address, cancel_reason)
       values ('${orderId}', '${person.id}', '${status}', 'captured', 100, 'USD', '{}', '{}', ${status === 'cancelled' ? "'x'" : 'null'})
     ) insert into order_items (order_id, product_id, sku, name, quantity, unit_price_minor, total_price_minor)
       values ('${orderId}', '${productId}', 'S', 'N', 1, 100, 100)`,
  )
  return person
}

test.each(['paid', 'shipped', 'delivered'])('who has an order of it that is %s may review it', async (status) => {
  const { status: answered, body } = await write(await buyer(status))
  expect(answered).toBe(201)
  expect(body).toMatchObject({ ...said, product_id: productId, status: 'published' })
  expect((await shown()).data[0]).toEqual(body)
})

test.each(['pending', 'cancelled'])('an order that is %s does not make a buyer', async (status) => {
  expect((await write(await buyer(status))).body.code).toBe('not_a_buyer')
})

test('who never bought it is told so, and the shop itself is nobody special', async () => {
  expect((await write(shop.customer)).body.code).toBe('not_a_buyer')
  expect((await write(shop.manager)).status).toBe(403)
})

test('a buyer has one review, however often and however fast it is sent', async () => {
  const person = await buyer()
  const answers = await Promise.all(Array.from({ length: 6 }, () => write(person)))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409])
  const written = answers.find(({ status }) => status === 201)
  for (const { body } of answers.filter(({ status }) => status === 409))
    expect(body).toMatchObject({ code: 'review_exists', review_id: written?.body.id })
})

test('a doubtful review waits for a person, and counts only while it is published', async () => {
  const before = (await shown()).rating
  const { body: doubtful } = await write(await buyer(), {
    ...said,
    rating: 1,
    body: 'Better ones at www.lamps.example',
  })
  expect(doubtful.status).toBe('pending')
  expect((await shown()).rating).toEqual(before)
  const waiting = await shop.ask('GET', '/v1/reviews', { token: shop.manager.token })
  expect(waiting.body.data.map(({ id }: { id: string }) => id)).toContain(doubtful.id)

  expect((await decide(doubtful.id, 'publish')).body).toMatchObject({
    status: 'published',
    moderated_by: shop.manager.id,
  })
  expect((await decide(doubtful.id, 'publish', shop.admin)).body.moderated_by).toBe(shop.manager.id)
  expect((await shown()).rating.count).toBe(before.count + 1)
  await decide(doubtful.id, 'reject')
  expect((await shown()).rating).toEqual(before)
  expect((await shown()).data.map(({ id }: { id: string }) => id)).not.toContain(doubtful.id)
})

test('each review that is published or hidden moves its product in the order of ratings, and makes it due', async () => {
  const ratingOf = async () =>
    (await shop.database.query(`select rating, rating_count, version from products where id = '${productId}'`)).rows[0]
  const { count, average } = (await shown()).rating
  const [before, nudges] = [await ratingOf(), shop.nudges.count]
  expect(before).toMatchObject({ rating_count: count, rating: expect.closeTo(average, 1) })
  const { body: doubtful } = await write(await buyer(), { ...said, rating: 1, body: 'See www.lamps.example' })
  expect([await ratingOf(), shop.nudges.count]).toEqual([before, nudges])
  await decide(doubtful.id, 'publish')
  const stars = before.rating * count + 1
  const published = { rating: expect.closeTo(stars / (count + 1), 4), rating_count: count + 1 }
  expect(await ratingOf()).toEqual({ ...published, version: before.version + 1 })
  await decide(doubtful.id, 'publish')
  expect((await ratingOf()).version).toBe(before.version + 1)
  await decide(doubtful.id, 'reject')
  expect(await ratingOf()).toEqual({ ...before, version: before.version + 2 })
  expect(shop.nudges.count).toBeGreaterThan(nudges)
})

test('customers do not moderate, and what does not exist is not found', async () => {
  expect((await decide(newId('rev'), 'publish', shop.customer)).status).toBe(403)
  expect((await decide(newId('rev'), 'publish')).body.code).toBe('review_not_found')
  expect((await write(shop.customer, said, newId('prd'))).body.code).toBe('product_not_found')
})

test.each([
  ['six stars', { rating: 6 }, 'invalid_request'],
  ['half a star', { rating: 4.5 }, 'invalid_request'],
  ['no title', { title: '' }, 'invalid_request'],
  ['too many words', { body: 'x'.repeat(5_001) }, 'invalid_request'],
  ['a status of its own', { status: 'published' }, 'invalid_request'],
  ['a card number', { body: 'I paid with 4111 1111 1111 1111' }, 'pan_not_accepted'],
])('a review with %s is refused', async (_, wrong, code) => {
  const body = { ...said, ...wrong }
  const answer = await write(shop.customer, body)
  expect([answer.status, answer.body.code]).toEqual([422, code])
})

test('reviews come a page at a time, each once, and the rating is of all of them', async () => {
  const all = (await shown('?limit=100')).data.map(({ id }: { id: string }) => id) as string[]
  const ids: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: any = await shown(`?limit=2${cursor && `&cursor=${cursor}`}`)
    expect(page.rating.count).toBe(all.length)
    ids.push(...page.data.map(({ id }: { id: string }) => id))
    cursor = page.next_cursor
  }
  expect(ids).toEqual(all)
})
