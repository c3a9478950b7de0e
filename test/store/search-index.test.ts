import { MockActivityEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createSearchActivities, type SearchSync } from '../../activities/search-index.ts'
import type { SearchQuery } from '../../domain/product-search.ts'
import { openCaches } from '../../store/caches.ts'
import { createCatalogue } from '../../store/catalogue.ts'
import { createMoments } from '../../store/moments.ts'
import { createProductSearch } from '../../store/product-search.ts'
import { deleteProduct, updateProduct } from '../../store/products.ts'
import { createRememberedSearch } from '../../store/remembered-search.ts'
import { openSearchIndex, type SearchIndex } from '../../store/search-index.ts'
import { openSearchServer } from '../support/search-server.ts'
import { addProduct } from '../support/shop-api.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let shop: TestDatabase
let server: Awaited<ReturnType<typeof openSearchServer>>
let index: SearchIndex
// What is promised here is the answers; how long to wait for them is the last test's. A cold server on a busy machine is slow.
const timeoutMs = 15_000

beforeAll(async () => {
  ;[shop, server] = await Promise.all([openTestDatabase(), openSearchServer()])
  index = openSearchIndex(server.url ?? 'http://127.0.0.1:9', { timeoutMs })
}, 180_000)
afterAll(async () => {
  await index?.close()
  await Promise.all([shop?.close(), server?.close()])
})

async function sync(): Promise<SearchSync> {
  const { syncSearchIndex } = createSearchActivities({ database: shop.database, index })
  const done: SearchSync = await new MockActivityEnvironment().run(syncSearchIndex)
  if (!done.skipped) await index.refresh()
  return done
}
const search = (query: Partial<SearchQuery>) =>
  createProductSearch({ database: shop.database, index, timeoutMs }).search({
    sort: 'relevance',
    limit: 20,
    offset: 0,
    ...query,
  })
const namesOf = async (query: Partial<SearchQuery>) => (await search(query)).products.map(({ name }) => name)
const dueCount = async () =>
  (await shop.database.query('select count(*) from products where version > indexed_version')).rows[0].count

test('the index follows the catalogue, in batches, and a second look finds nothing to do', async ({ skip }) => {
  if (!server.url) skip('OpenSearch cannot be had on this machine')
  await Promise.all(
    Array.from({ length: 620 }, (_, n) => addProduct(shop.database, { name: `Filler ${n}`, category: 'Fillers' })),
  )
  await addProduct(shop.database, { name: 'Hidden headphones', status: 'inactive' })
  await addProduct(shop.database, {
    name: 'Wireless headphones',
    category: 'Audio',
    sku: 'AUD-100',
    priceMinor: 9_900,
    attributes: { colour: 'crimson' },
  })
  expect(await sync()).toEqual({ indexed: 621, removed: 1, skipped: false })
  expect(await dueCount()).toBe(0)
  expect(await sync()).toEqual({ indexed: 0, removed: 0, skipped: false })
})

test('search forgives spelling, knows SKUs and attributes, and says who answered', async ({ skip }) => {
  if (!server.url) skip()
  const found = await search({ q: 'wireles hedphones' })
  expect([found.engine, found.products[0]?.name]).toEqual(['opensearch', 'Wireless headphones'])
  expect((await namesOf({ q: 'aud-100' }))[0]).toBe('Wireless headphones')
  expect((await namesOf({ q: 'crimson headphones' }))[0]).toBe('Wireless headphones')
  expect((await search({ q: 'headphones' })).total).toBe(1)
})

test('filters, facets, orders and pages work as they do without the index', async ({ skip }) => {
  if (!server.url) skip()
  const { facets, total, products } = await search({ sort: 'name', limit: 3, offset: 1 })
  expect(total).toBe(621)
  expect(facets.categories).toEqual([
    { value: 'Fillers', count: 620 },
    { value: 'Audio', count: 1 },
  ])
  expect(facets.prices).toContainEqual({ from: 5_000, to: 10_000, count: 1 })
  const plain = await createProductSearch({ database: shop.database }).search({ sort: 'name', limit: 3, offset: 1 })
  expect(products).toEqual(plain.products)
  expect({ facets, total }).toEqual({ facets: plain.facets, total: plain.total })
  expect(await namesOf({ minPriceMinor: 9_000, inStock: true })).toEqual(['Wireless headphones'])
})

test('what is shown is the database’s, even before the index knows', async ({ skip }) => {
  if (!server.url) skip()
  const id = await addProduct(shop.database, { name: 'Kettle', priceMinor: 5_000 })
  await sync()
  await updateProduct(shop.database, id, { priceMinor: 6_000 })
  expect((await search({ q: 'kettle' })).products[0]?.priceMinor).toBe(6_000)
  expect(await namesOf({ q: 'kettle', maxPriceMinor: 5_500 })).toEqual([])
  await deleteProduct(shop.database, id)
  expect(await namesOf({ q: 'kettle' })).toEqual([])
  expect(await sync()).toMatchObject({ removed: 1 })
  expect((await search({ q: 'kettle' })).total).toBe(0)
})

test('selling out makes a product due, selling one of many does not', async ({ skip }) => {
  if (!server.url) skip()
  const id = await addProduct(shop.database, { name: 'Teapot', onHand: 2 })
  await sync()
  await shop.database.query('update stock set reserved = 1 where product_id = $1', [id])
  expect(await dueCount()).toBe(0)
  await shop.database.query('update stock set reserved = 2 where product_id = $1', [id])
  expect(await sync()).toMatchObject({ indexed: 1 })
  expect((await search({ q: 'teapot', inStock: true })).total).toBe(0)
})

test('an older write never overtakes a newer one', async ({ skip }) => {
  if (!server.url) skip()
  const id = await addProduct(shop.database, { name: 'Newest kettle' })
  await updateProduct(shop.database, id, { name: 'Newer kettle' })
  await sync()
  const old = {
    sku: 'x',
    name: 'Old kettle',
    description: '',
    category: 'x',
    attributes: '',
    price_minor: 1,
    in_stock: true,
    created_at: new Date().toISOString(),
  }
  await index.write([{ id, version: 1, product: old }])
  await index.write([{ id, version: 1 }])
  await index.refresh()
  expect((await index.search({ q: 'newer kettle', sort: 'relevance', limit: 1, offset: 0 })).ids).toEqual([id])
})

test.for(['*:*', '_exists_:name', ') OR (', '{"match_all":{}}', '*a*b*c*', 'a~2 '.repeat(60), '\\', 'w '.repeat(128)])(
  'what looks like a query language is only words, and quickly answered (%#)',
  async (q, { skip }) => {
    if (!server.url) skip()
    const startedAt = performance.now()
    const { engine, products } = await search({ q })
    expect(engine).toBe('opensearch')
    expect(products.length).toBeLessThan(20)
    expect(performance.now() - startedAt).toBeLessThan(3_000)
  },
)

test('suggestions begin like what was typed', async ({ skip }) => {
  if (!server.url) skip()
  const suggested = await createProductSearch({ database: shop.database, index, timeoutMs }).suggest('wirel', 5)
  expect(suggested.map(({ name }) => name)).toEqual(['Wireless headphones'])
})

/** Search as one API process has it, and how often the index was asked. */
function openRememberedSearch() {
  const [caches, moments] = [openCaches(), createMoments()]
  const catalogue = createCatalogue({ database: shop.database, caches, moments })
  const asked = vi.spyOn(index, 'search').mockClear()
  const search = createRememberedSearch({ database: shop.database, index, timeoutMs, caches, catalogue, moments })
  const find = async (query: Partial<SearchQuery>) => {
    moments.forget() // what half a second would do
    return search.search({ sort: 'relevance', limit: 20, offset: 0, ...query })
  }
  return { find, asked, search }
}

test('what many search for is asked of the index once, and prices and stock are still the present ones', async ({
  skip,
}) => {
  if (!server.url) skip()
  const id = await addProduct(shop.database, { name: 'Orrery', priceMinor: 700 })
  await sync()
  const { find, asked } = openRememberedSearch()
  expect((await find({ q: 'orrery' })).products).toMatchObject([{ id, priceMinor: 700 }])
  for (let n = 0; n < 5; n++) await find({ q: 'ORRERY' })
  expect(asked).toHaveBeenCalledTimes(1)
  await shop.database.query('update stock set reserved = 4 where product_id = $1', [id])
  expect((await find({ q: 'orrery' })).products).toMatchObject([{ id, available: 6 }])
  expect(asked, 'a sale asks nobody').toHaveBeenCalledTimes(1)
  await shop.database.query('update stock set reserved = 0 where product_id = $1', [id])
})

test('nothing found before is shown of an index that is behind, and a new edition is asked anew', async ({ skip }) => {
  if (!server.url) skip()
  await addProduct(shop.database, { name: 'Sextant of brass' })
  await sync()
  const { find, asked } = openRememberedSearch()
  expect((await find({ q: 'sextant' })).total).toBe(1)
  const second = await addProduct(shop.database, { name: 'Sextant of steel' })
  await find({ q: 'sextant' })
  expect(asked, 'asked again while a product is due').toHaveBeenCalledTimes(2)
  await sync()
  expect((await find({ q: 'sextant' })).total).toBe(2)
  await updateProduct(shop.database, second, { name: 'Octant of steel' })
  await sync()
  expect((await find({ q: 'sextant' })).total).toBe(1)
})

test('many who ask the same at once are one question', async ({ skip }) => {
  if (!server.url) skip()
  await sync()
  const { asked, search } = openRememberedSearch()
  const query: SearchQuery = { q: 'orrery', sort: 'relevance', limit: 20, offset: 0 }
  const pages = await Promise.all(Array.from({ length: 30 }, () => search.search(query)))
  expect(new Set(pages.map(({ total }) => total))).toEqual(new Set([1]))
  expect(asked).toHaveBeenCalledTimes(1)
})

test('a lost index is made again from the catalogue, and search goes on meanwhile', async ({ skip }) => {
  if (!server.url) skip()
  await fetch(`${server.url}/products-v1`, { method: 'DELETE' })
  expect(await search({ q: 'wireless' })).toMatchObject({ engine: 'postgres', total: 1 })
  expect((await sync()).indexed).toBeGreaterThan(620)
  expect(await search({ q: 'wireless' })).toMatchObject({ engine: 'opensearch', total: 1 })
})

test('without OpenSearch search goes on, does not wait for it, and the sync skips', async () => {
  await server.halt()
  expect(await search({ q: 'wireless' })).toMatchObject({ engine: 'postgres' })
  expect(await sync()).toMatchObject({ skipped: true })
  const { syncSearchIndex } = createSearchActivities({ database: shop.database })
  expect(await new MockActivityEnvironment().run(syncSearchIndex)).toMatchObject({ skipped: true })
})

test('a hanging OpenSearch costs a few searches a second each and then none anything', async () => {
  const { createServer } = await import('node:net')
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  const hanging = openSearchIndex(`http://127.0.0.1:${(silent.address() as { port: number }).port}`)
  const patient = createProductSearch({ database: shop.database, index: hanging })
  const timesMs: number[] = []
  for (let n = 0; n < 5; n++) {
    const startedAt = performance.now()
    const { engine } = await patient.search({ sort: 'newest', limit: 1, offset: 0 })
    expect(engine).toBe('postgres')
    timesMs.push(performance.now() - startedAt)
  }
  expect(Math.max(...timesMs)).toBeLessThan(1_500)
  expect(Math.max(...timesMs.slice(3))).toBeLessThan(200)
  await hanging.close()
  silent.close()
})
