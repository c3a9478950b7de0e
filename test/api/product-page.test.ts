import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openShopApi, type ShopApi } from '../support/shop-api.ts'

let shop: ShopApi
let lamp: string
let shade: string
beforeAll(async () => {
  shop = await openShopApi()
  lamp = await shop.product({ name: 'Lamp', category: 'Light', priceMinor: 2_000 })
  shade = await shop.product({ name: 'Shade', category: 'Light', priceMinor: 900 })
  await shop.product({ name: 'Hidden bulb', category: 'Light', status: 'inactive' })
  await shop.product({ name: 'Rug', category: 'Floor' })
})
afterAll(() => shop.close())

const page = (id = lamp, headers = {}) => shop.ask('GET', `/v1/products/${id}/page`, { headers })
/** On a busy machine a part may be late; then the page is asked for again. */
const wholePage = (id = lamp, headers = {}) =>
  vi.waitFor(async () => {
    const answer = await page(id, headers)
    expect(answer.body?.missing ?? []).toEqual([])
    return answer
  }, 10_000)

test('a product page comes in one request with everything it shows', async () => {
  const { status, body, headers } = await wholePage()
  expect(status).toBe(200)
  expect(body).toMatchObject({
    product: { id: lamp, inventory: { available: 10 } },
    related: [{ id: shade }],
    reviews: { data: [], rating: { average: null, count: 0 }, next_cursor: null },
    missing: [],
  })
  expect(body.related).toHaveLength(1)
  expect(headers.get('cache-control')).toMatch(/public.*s-maxage=10/)
  expect(headers.get('surrogate-key')?.split(' ')).toEqual([lamp, shade])
})

test('an unchanged page is not sent again, and a changed one is', async () => {
  const etag = (await wholePage()).headers.get('etag') as string
  const again = await wholePage(lamp, { 'if-none-match': etag })
  expect([again.status, again.text, again.headers.get('surrogate-key')]).toEqual([304, '', `${lamp} ${shade}`])
  expect(again.headers.get('x-request-id'), 'every answer has its id').toMatch(/./)
  const body = { price: { amount: 2_100, currency: 'USD' } }
  await shop.ask('PATCH', `/v1/products/${lamp}`, { token: shop.manager.token, body })
  const changed = await wholePage(lamp, { 'if-none-match': etag })
  expect([changed.status, changed.body.product.price.amount]).toEqual([200, 2_100])
})

test('what a page loads has an address that changes with its content, and is kept for ever', async () => {
  const { resources } = (await page()).body
  for (const { url } of Object.values<{ url: string }>(resources)) {
    const file = await shop.ask('GET', url)
    expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
    const again = await shop.ask('GET', url, { headers: { 'if-none-match': file.headers.get('etag') as string } })
    expect(again.status).toBe(304)
    expect((await shop.ask('GET', url.replace(/[0-9a-f]{16}/, '0'.repeat(16)))).status).toBe(404)
  }
})

test('a page comes in time although its reviews cannot be read, and nobody keeps it like that', async () => {
  const tx = await shop.database.connect()
  await tx.query('begin; lock table product_reviews in access exclusive mode')
  try {
    const startedAt = performance.now()
    const answers = await Promise.all(Array.from({ length: 20 }, () => page(shade)))
    // Each waits two seconds for the lock, and four at once: all of them to the end would take ten.
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    for (const { status, body, headers } of answers) {
      expect([status, body.product.id, body.reviews]).toEqual([200, shade, null])
      expect(body.missing).toContain('reviews')
      expect(headers.get('cache-control')).toBe('no-store')
    }
    const { totalCount, idleCount, waitingCount } = shop.database
    expect(totalCount - idleCount, 'connections that hang').toBeLessThan(10)
    expect(waitingCount).toBe(0)
  } finally {
    await tx.query('rollback')
    tx.release()
  }
  await wholePage(shade)
})

test('what is not for sale has no page, for staff neither', async () => {
  const hidden = await shop.product({ status: 'inactive' })
  for (const id of [hidden, 'nonsense', 'prd_0193f1a2-7c3e-7d43-8a52-4f3a5b6c7d8e'])
    expect((await page(id)).body.code).toBe('product_not_found')
})
