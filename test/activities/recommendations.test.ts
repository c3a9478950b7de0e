import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRecommendationActivities } from '../../activities/recommendations.ts'
import { startRedis } from '../../stack/servers/redis.ts'
import { openSite } from '../../stack/site.ts'
import { newId } from '../../store/ids.ts'
import { noteViewsIn, takeViews } from '../../store/product-views.ts'
import { listModels, listRecommendations } from '../../store/recommendations/index.ts'
import { openShopApi, type ShopApi } from '../support/shop-api.ts'

const logger = pino({ level: 'silent' })
let shop: ShopApi
beforeAll(async () => {
  shop = await openShopApi()
})
afterAll(() => shop?.close())

/** As the engine runs it, on a worker that would end it. */
const run = <Input extends unknown[], Output>(effect: (...input: Input) => Promise<Output>, ...input: Input) =>
  new MockActivityEnvironment().run(effect, ...input) as Promise<Output>

/** An order as it stands in the books after its payment. */
async function bought(userId: string, productIds: string[]): Promise<void> {
  await shop.database.query(
    `with o as (
       insert into orders (id, user_id, status, payment_status, total_minor, currency, shipping_address, billing_address)
       values ($1, $2, 'paid', 'captured', $3, 'USD', '{}', '{}') returning id
     )
     insert into order_items (order_id, product_id, sku, name, quantity, unit_price_minor, total_price_minor)
     select o.id, p, 'SKU', 'Name', 1, 100, 100 from o, unnest($4::text[]) as p`,
    [newId('ord'), userId, productIds.length * 100, productIds],
  )
}

describe('training', () => {
  test('what is bought together is learnt, published and served; done twice, it is one version', async () => {
    const activities = createRecommendationActivities({ ...shop, logger })
    const [lamp, bulb, kettle, tea] = (await Promise.all(
      ['Lamp', 'Bulb', 'Kettle', 'Tea'].map((name) => shop.product({ name })),
    )) as [string, string, string, string]
    for (let n = 0; n < 8; n++) {
      const { id } = await shop.signUp('user')
      await bought(id, n % 2 === 0 ? [lamp, bulb] : [kettle, tea])
    }
    const modelId = newId('mdl')
    const training = await run((model) => activities.trainRecommendations(model), { modelId })
    expect(training).toMatchObject({ lines: 16, isGoodEnough: true })
    expect(await run((model) => activities.trainRecommendations(model), { modelId })).toEqual(training)
    for (let twice = 0; twice < 2; twice++)
      await run((model) => activities.decideOnRecommendations(model), { modelId, isGoodEnough: true })
    const models = await listModels(shop.database, 10)
    expect(models).toMatchObject([{ id: modelId, status: 'published', isServed: true, lines: 16 }])
    const [first] = await listRecommendations(shop.database, { productId: lamp, limit: 5 })
    expect(first).toMatchObject({ id: bulb, kind: 'product', because: 'Lamp' })
  })

  test('a shop where nothing was bought or seen publishes nothing', async () => {
    const empty = await openShopApi()
    try {
      const activities = createRecommendationActivities({ ...empty, logger })
      expect(await run((model) => activities.trainRecommendations(model), { modelId: newId('mdl') })).toMatchObject({
        lines: 0,
        isGoodEnough: false,
      })
    } finally {
      await empty.close()
    }
  })
})

describe('views come by way of Redis', () => {
  let close: () => Promise<void>
  let redis: Redis
  beforeAll(async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-views-'))
    const site = await openSite({ dataDir, environment: { PATH: process.env.PATH } })
    const server = await startRedis(site)
    if (!server) throw new Error('Redis cannot be had here')
    redis = new Redis(server.url)
    close = async () => {
      redis.disconnect()
      await site.close()
      rmSync(dataDir, { recursive: true })
    }
  })
  afterAll(() => close?.())

  const seen = async (productId: string): Promise<number> => {
    const sql = 'select count(*) as seen from product_views where product_id = $1'
    return (await shop.database.query<{ seen: number }>(sql, [productId])).rows[0]?.seen ?? 0
  }

  test('what a collector took and did not finish is collected by the next, once', async () => {
    const activities = createRecommendationActivities({ ...shop, redis, logger })
    const [first, second] = (await Promise.all([shop.product(), shop.product()])) as [string, string]
    const note = noteViewsIn(redis)
    note({ userId: shop.customer.id, productId: first, viewedAt: new Date() })
    expect(await run(() => activities.collectViews())).toEqual({ collected: 1, skipped: false })
    note({ userId: shop.customer.id, productId: second, viewedAt: new Date() })
    expect((await takeViews(redis, { begun: false, most: 10 })).views).toHaveLength(1)
    expect(await seen(second)).toBe(0)
    expect(await run(() => activities.collectViews())).toEqual({ collected: 1, skipped: false })
    expect(await run(() => activities.collectViews())).toEqual({ collected: 0, skipped: false })
    expect([await seen(first), await seen(second)]).toEqual([1, 1])
  })

  test('without Redis nothing is collected, and nobody is kept from anything', async () => {
    noteViewsIn(undefined)({ userId: shop.customer.id, productId: newId('prd'), viewedAt: new Date() })
    const activities = createRecommendationActivities({ ...shop, logger })
    expect(await run(() => activities.collectViews())).toEqual({ collected: 0, skipped: true })
  })
})
