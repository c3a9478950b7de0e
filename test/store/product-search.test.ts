import { afterAll, beforeAll, expect, test } from 'vitest'
import { storeProducts } from '../../bench/stored-shop.ts'
import { type SearchPosition, type SearchQuery, searchSorts } from '../../domain/product-search.ts'
import { createProductSearch } from '../../store/product-search.ts'
import { MOST_COUNTED } from '../../store/product-text-search.ts'
import { updateProduct } from '../../store/products.ts'
import { addProduct } from '../support/shop-api.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

// Here PostgreSQL answers alone; search-index.test.ts has the index.
let shop: TestDatabase
const search = (query: Partial<SearchQuery>) =>
  createProductSearch({ database: shop.database }).search({ sort: 'relevance', limit: 20, ...query })
const namesOf = async (query: Partial<SearchQuery>) => (await search(query)).products.map(({ name }) => name)

beforeAll(async () => {
  shop = await openTestDatabase()
  const catalogue = [
    { name: 'Wireless headphones', category: 'Audio', priceMinor: 9_900, description: 'Quiet at last', sku: 'AUD-100' },
    { name: 'Headphone stand', category: 'Audio', priceMinor: 2_000, attributes: { material: 'walnut' } },
    { name: 'Running shoes', category: 'Sport', priceMinor: 8_000, description: 'Wireless they are not' },
    { name: 'Yoga mat', category: 'Sport', priceMinor: 3_000, onHand: 0 },
    { name: 'Forgotten headphones', category: 'Audio', status: 'inactive' as const },
  ]
  for (const product of catalogue) await addProduct(shop.database, product)
})
afterAll(() => shop.close())

test('words find products in any of their forms, the name before the description', async () => {
  expect(await namesOf({ q: 'headphone' })).toEqual(expect.arrayContaining(['Wireless headphones', 'Headphone stand']))
  expect(await namesOf({ q: 'wireless' })).toEqual(['Wireless headphones', 'Running shoes'])
  expect(await namesOf({ q: 'walnut' })).toEqual(['Headphone stand'])
  expect(await namesOf({ q: 'aud-100' })).toEqual(['Wireless headphones'])
})

test('a page says where the next one begins, and the last one that there is none', async () => {
  const first = await search({ limit: 3 })
  expect(first).toMatchObject({ total: 4, next: { seen: 3, engine: 'postgres' } })
  const second = await search({ limit: 3, after: first.next })
  expect(second).toMatchObject({ total: 4, next: undefined })
  expect(new Set([...first.products, ...second.products].map(({ id }) => id)).size).toBe(4)
})

test('the beginning of a word is enough', async () => {
  expect(await namesOf({ q: 'wirel headp' })).toEqual(['Wireless headphones'])
})

test('filters narrow and facets count what is left', async () => {
  const { total, facets } = await search({})
  expect(total).toBe(4)
  expect(facets.categories).toEqual([
    { value: 'Audio', count: 2 },
    { value: 'Sport', count: 2 },
  ])
  expect(facets.prices).toContainEqual({ from: 5_000, to: 10_000, count: 2 })
  expect(await namesOf({ category: 'Sport', inStock: true })).toEqual(['Running shoes'])
  expect(await namesOf({ inStock: false })).toEqual(['Yoga mat'])
  expect(await namesOf({ minPriceMinor: 2_500, maxPriceMinor: 8_000, sort: 'price' })).toEqual([
    'Yoga mat',
    'Running shoes',
  ])
})

test.each(['*:*', '_exists_:name', ') OR (', "' or 1=1 --", '\\', ':*', '!&|()', 'a'.repeat(256), '½ ² ﷽ 𝒳', '"'])(
  'what looks like a query language is only words (%#)',
  async (q) => {
    expect((await search({ q })).total).toBe(0)
  },
)

test('fifty words do not make a search slow', async () => {
  const startedAt = performance.now()
  await search({ q: Array.from({ length: 50 }, (_, n) => `w${n}`).join(' ') })
  expect(performance.now() - startedAt).toBeLessThan(500)
})

test('suggestions begin like what was typed', async () => {
  const suggest = (prefix: string) => createProductSearch({ database: shop.database }).suggest(prefix, 5)
  expect((await suggest('head')).map(({ name }) => name)).toEqual(['Headphone stand', 'Wireless headphones'])
  expect(await suggest('!!')).toEqual([])
  expect(await suggest('walnut')).toEqual([])
})

test('a change is found at once', async () => {
  const id = await addProduct(shop.database, { name: 'Lamp' })
  await updateProduct(shop.database, id, { name: 'Torch' })
  expect(await namesOf({ q: 'lamp' })).toEqual([])
  expect(await namesOf({ q: 'torch' })).toEqual(['Torch'])
  await updateProduct(shop.database, id, { status: 'inactive' })
})

test('a category is found with all below it, by the words of every level, and counted on each', async () => {
  const paths = ['Larder/Tinned goods/Pulses', 'Larder/Tinned goods', 'Larder', 'Larder-like']
  for (const category of paths) await addProduct(shop.database, { name: `In ${category.length}`, category })
  const { products, facets } = await search({ category: 'Larder', sort: 'newest' })
  expect(products.map(({ category }) => category)).toEqual(paths.slice(0, 3).reverse())
  expect(facets.categories).toEqual([
    { value: 'Larder', count: 3 },
    { value: 'Larder/Tinned goods', count: 2 },
    { value: 'Larder/Tinned goods/Pulses', count: 1 },
  ])
  for (const q of ['pulses', 'tinned pulse', 'larder pulses']) expect(await namesOf({ q })).toEqual(['In 26'])
})

test('a word that is in more products than are counted leads through all of them once, in every order but relevance', async () => {
  const count = MOST_COUNTED + 30
  await storeProducts(shop.database, { from: 0, to: count })
  await shop.database.query(
    `update products set popularity = length(id) % 3 + hashtext(id) & 7, rating = 1 + (hashtext(id) & 31) / 8.0,
            rating_count = hashtext(id) & 3 where category like 'stored-%' and hashtext(id) & 1 = 0`,
  )
  for (const sort of searchSorts) {
    const query = { q: 'stored', sort, limit: 100 }
    const seen: string[] = []
    let after: SearchPosition | undefined
    do {
      const page = await search({ ...query, after })
      expect([page.total, page.isCapped]).toEqual([MOST_COUNTED, true])
      seen.push(...page.products.map(({ id }) => id))
      after = page.next
      // Whatever comes first meanwhile moves nothing.
      if (seen.length === 100) await addProduct(shop.database, { name: 'Stored newcomer', priceMinor: 1 })
    } while (after)
    const own = seen.filter((id) => id.startsWith('prd_01900000'))
    expect(new Set(seen).size).toBe(seen.length)
    // The newcomer may take the place of the last one that was ranked.
    if (sort === 'relevance') expect(MOST_COUNTED - seen.length).toBeLessThanOrEqual(1)
    else expect([sort, own.length]).toEqual([sort, count])
  }
}, 60_000)

test('whoever types a SKU finds it first, also among many that have its words and sell better', async () => {
  await shop.database.query(`update products set popularity = 9 where sku <> 'STORED-77' and sku like 'STORED-%'`)
  expect((await search({ q: 'stored-77' })).products[0]).toMatchObject({ sku: 'STORED-77' })
})
