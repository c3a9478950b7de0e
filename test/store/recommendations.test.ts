import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../store/ids.ts'
import { deleteOldViews, recordViews } from '../../store/product-views.ts'
import {
  beforeAnyView,
  listCategories,
  listModels,
  listRecommendations,
  listSegments,
  listViewed,
  noteTraining,
  openModel,
  publishModel,
  rejectModel,
  rollBackModel,
  writeRankings,
} from '../../store/recommendations/index.ts'
import { deleteProduct, updateProduct } from '../../store/products.ts'
import { openShopApi, type ShopApi } from '../support/shop-api.ts'

let shop: ShopApi
beforeAll(async () => {
  shop = await openShopApi()
})
afterAll(() => shop.close())

const quality = { hitRate: 0.2, ndcg: 0.1, coverage: 0.5 }

/** A version that knows what goes with a product and what sells. */
async function candidate(related: Record<string, string[]>, popular: Record<string, string[]>): Promise<string> {
  const id = newId('mdl')
  await openModel(shop.database, id)
  for (const [kind, lists] of [
    ['related', related],
    ['popular', popular],
  ] as const)
    await writeRankings(
      shop.database,
      id,
      kind,
      Object.entries(lists).map(([of, productIds]) => ({
        of,
        productIds,
        scores: productIds.map((_, n) => 1 / (n + 1)),
      })),
    )
  const figures = { cases: 10, protocol: 'next_basket', model: quality, popularity: quality }
  await noteTraining(shop.database, id, { lines: 100, settings: {}, figures })
  return id
}

async function publish(related: Record<string, string[]>, popular: Record<string, string[]>): Promise<string> {
  const id = await candidate(related, popular)
  await publishModel(shop.database, id)
  return id
}

const see = (productId: string, viewedAt = new Date(), userId = shop.customer.id) =>
  recordViews(shop.database, [{ userId, productId, viewedAt }])

const recommendedTo = async (query = '', token?: string) => {
  const { status, body } = await shop.ask('GET', `/v1/recommendations${query}`, { token })
  expect(status, JSON.stringify(body)).toBe(200)
  return (body.data as { product: { id: string }; reason: string }[]).map(({ product, reason }) => [product.id, reason])
}

describe('what is recommended', () => {
  let lamp: string
  let bulb: string
  let shade: string
  let rug: string
  beforeEach(async () => {
    await shop.database.query('delete from product_views')
    ;[lamp, bulb, shade, rug] = (await Promise.all(
      ['Lamp', 'Bulb', 'Shade', 'Rug'].map((name) => shop.product({ name, category: 'Home' })),
    )) as [string, string, string, string]
  })

  test('a guest sees what sells, a customer what goes with what they looked at, and each hears why', async () => {
    await publish({ [lamp]: [bulb, shade] }, { all: [rug, lamp] })
    expect(await recommendedTo()).toEqual([
      [rug, 'Popular in the shop'],
      [lamp, 'Popular in the shop'],
    ])
    await see(lamp)
    const own = await recommendedTo('', shop.customer.token)
    expect(own[0]).toEqual([rug, 'Popular in the shop'])
    expect(own).toContainEqual([bulb, 'Because you looked at Lamp'])
    expect(await recommendedTo('?limit=1', shop.customer.token)).toHaveLength(1)
  })

  test('a product page shows what goes with it, and never itself', async () => {
    await publish({ [lamp]: [bulb, lamp, shade] }, { all: [lamp] })
    expect(await recommendedTo(`?product_id=${lamp}`)).toEqual([
      [bulb, 'Bought together with Lamp'],
      [shade, 'Bought together with Lamp'],
    ])
  })

  test('nothing that is sold out, taken off or deleted is recommended', async () => {
    const soldOut = await shop.product({ onHand: 0 })
    await publish({}, { all: [soldOut, lamp, bulb, shade] })
    await updateProduct(shop.database, lamp, { status: 'inactive' })
    await deleteProduct(shop.database, bulb)
    expect((await recommendedTo()).map(([id]) => id)).toEqual([shade])
  })

  test('somebody new sees what sells where they live and in what they like', async () => {
    const newcomer = await shop.signUp('user')
    await shop.database.query('update users set profile = $2, preferences = $3 where id = $1', [
      newcomer.id,
      { location: 'Oslo', age_group: '25-34', gender: 7 },
      { categories: ['Home', 3] },
    ])
    await publish({}, { all: [shade], 'location:oslo': [rug, bulb], 'category:home': [lamp] })
    expect((await recommendedTo('', newcomer.token)).map(([, reason]) => reason).toSorted()).toEqual([
      'Popular in home, which you like',
      'Popular in oslo',
      'Popular in oslo',
      'Popular in the shop',
    ])
    expect((await listSegments(shop.database, [newcomer.id])).get(newcomer.id)).toEqual([
      'age_group:25-34',
      'location:oslo',
    ])
  })

  test('what is asked for must exist', async () => {
    for (const [query, code] of [
      ['?product_id=prd_nothing', 'product_not_found'],
      [`?product_id=${newId('prd')}`, 'product_not_found'],
      ['?limit=0', 'invalid_request'],
      ['?product=x', 'invalid_request'],
    ])
      expect((await shop.ask('GET', `/v1/recommendations${query}`)).body.code).toBe(code)
  })
})

describe('versions', () => {
  test('one is served at a time, and a rollback serves the one before, once', async () => {
    const product = await shop.product()
    const [first, second] = [await publish({}, { all: [product] }), await publish({}, { all: [product] })]
    expect(await rollBackModel(shop.database, first)).toEqual({ outcome: 'not_served' })
    const both = await Promise.all([second, second].map((id) => rollBackModel(shop.database, id)))
    expect(both.map(({ outcome }) => outcome).toSorted()).toEqual(['not_served', 'rolled_back'])
    const models = await listModels(shop.database, 50)
    expect(models.filter(({ isServed }) => isServed).map(({ id }) => id)).toEqual([first])
    expect(models.find(({ id }) => id === second)?.status).toBe('withdrawn')
    expect(await publishModel(shop.database, second)).toBe(false)
  })

  test('one that did worse than popularity keeps its figures and is not served', async () => {
    const product = await shop.product()
    const served = await publish({}, { all: [product] })
    const worse = await candidate({}, { all: [] })
    await rejectModel(shop.database, worse)
    expect(await publishModel(shop.database, worse)).toBe(false)
    const models = await listModels(shop.database, 50)
    expect(models[0]?.id).toBe(served)
    expect(models.find(({ id }) => id === worse)).toMatchObject({ status: 'rejected', figures: { cases: 10 } })
  })
})

describe('views', () => {
  test('one that is told twice counts once, and what names nobody is left out', async () => {
    const product = await shop.product({ category: 'Seen/Often' })
    const at = new Date('2026-11-20T10:00:00Z')
    await see(product, at)
    await see(product, new Date('2026-11-20T09:00:00Z'))
    await see(newId('prd'), at)
    await see(product, at, newId('usr'))
    const { viewed, next } = await listViewed(shop.database, { from: beforeAnyView, limit: 100 })
    expect(viewed.filter(({ productIds }) => productIds[0] === product)).toMatchObject([{ userId: shop.customer.id }])
    expect(next).toBeUndefined()
    expect((await listCategories(shop.database, [product])).get(product)).toEqual(['seen', 'seen/often'])
  })

  test('they are forgotten after ninety days', async () => {
    await see(await shop.product(), new Date(Date.now() - 100 * 86_400_000))
    expect(await deleteOldViews(shop.database, 10)).toBe(1)
    expect(await deleteOldViews(shop.database, 10)).toBe(0)
  })

  test('a customer’s are noted when a product is read or shown, never those of staff or guests', async () => {
    const noted: string[] = []
    const watched = await openShopApi({ noteView: ({ userId }) => void noted.push(userId) })
    try {
      const product = await watched.product()
      for (const token of [watched.customer.token, watched.manager.token, undefined])
        await watched.ask('GET', `/v1/products/${product}`, { token })
      expect(
        (await watched.ask('POST', `/v1/products/${product}/views`, { token: watched.customer.token })).status,
      ).toBe(204)
      expect(noted).toEqual([watched.customer.id, watched.customer.id])
    } finally {
      await watched.close()
    }
  })
})

test('a customer without history in a shop without a version sees what is new', async () => {
  const fresh = await openShopApi()
  try {
    const product = await fresh.product()
    const { body } = await fresh.ask('GET', '/v1/recommendations', { token: fresh.customer.token })
    expect(body.data).toMatchObject([{ product: { id: product }, score: 0, reason: 'New in the shop' }])
    expect(await listRecommendations(fresh.database, { limit: 5 })).toEqual([])
  } finally {
    await fresh.close()
  }
})
