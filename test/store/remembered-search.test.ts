import { MockActivityEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createSearchActivities } from '../../activities/search-index.ts'
import type { SearchQuery } from '../../domain/product-search.ts'
import { openCaches } from '../../store/caches.ts'
import { createCatalogue } from '../../store/catalogue.ts'
import { createMoments } from '../../store/moments.ts'
import { updateProduct } from '../../store/products.ts'
import { createRememberedSearch } from '../../store/remembered-search.ts'
import { openSearchIndex, type SearchIndex } from '../../store/search-index.ts'
import { openSearchServer } from '../support/search-server.ts'
import { addProduct } from '../support/shop-api.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let shop: TestDatabase
let server: Awaited<ReturnType<typeof openSearchServer>>
let index: SearchIndex
beforeAll(async () => {
  ;[shop, server] = await Promise.all([openTestDatabase(), openSearchServer()])
  index = openSearchIndex(server.url ?? 'http://127.0.0.1:9', { timeoutMs: 15_000 })
}, 180_000)
afterAll(async () => {
  await index?.close()
  await Promise.all([shop?.close(), server?.close()])
})
beforeEach(({ skip }) => skip(!server.url, 'OpenSearch cannot be had on this machine'))

const sync = () =>
  new MockActivityEnvironment().run(createSearchActivities({ database: shop.database, index }).syncSearchIndex)

/** Search as one API process has it, and how often the index was asked. */
function openSearch() {
  const [caches, moments] = [openCaches(), createMoments()]
  const catalogue = createCatalogue({ database: shop.database, caches, moments })
  const asked = vi.spyOn(index, 'search').mockClear()
  const search = createRememberedSearch({ database: shop.database, index, caches, catalogue, moments })
  const find = async (query: Partial<SearchQuery>) => {
    moments.forget() // what half a second would do
    return search.search({ sort: 'relevance', limit: 20, offset: 0, ...query })
  }
  return { find, asked, search }
}

test('what many search for is asked of the index once, and prices and stock are still the present ones', async () => {
  const id = await addProduct(shop.database, { name: 'Orrery', priceMinor: 700 })
  await sync()
  const { find, asked } = openSearch()
  expect((await find({ q: 'orrery' })).products).toMatchObject([{ id, priceMinor: 700 }])
  for (let n = 0; n < 5; n++) await find({ q: 'ORRERY' })
  expect(asked).toHaveBeenCalledTimes(1)
  await shop.database.query('update stock set reserved = 4 where product_id = $1', [id])
  expect((await find({ q: 'orrery' })).products).toMatchObject([{ id, available: 6 }])
  expect(asked, 'a sale asks nobody').toHaveBeenCalledTimes(1)
  await shop.database.query('update stock set reserved = 0 where product_id = $1', [id])
})

test('nothing found before is shown of an index that is behind, and a new edition is asked anew', async () => {
  await addProduct(shop.database, { name: 'Sextant of brass' })
  await sync()
  const { find, asked } = openSearch()
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

test('many who ask the same at once are one question', async () => {
  await sync()
  const { asked, search } = openSearch()
  const query: SearchQuery = { q: 'orrery', sort: 'relevance', limit: 20, offset: 0 }
  const pages = await Promise.all(Array.from({ length: 30 }, () => search.search(query)))
  expect(new Set(pages.map(({ total }) => total))).toEqual(new Set([1]))
  expect(asked).toHaveBeenCalledTimes(1)
})
