import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SearchQuery } from '../../domain/product-search.ts'
import { createProductSearch } from '../../store/product-search.ts'
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
