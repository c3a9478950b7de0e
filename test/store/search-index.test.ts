import { mkdtempSync, rmSync, unwatchFile, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createSearchActivities, type SearchSync } from '../../activities/search-index.ts'
import { type SearchPosition, type SearchQuery, searchSorts } from '../../domain/product-search.ts'
import { openCaches } from '../../store/caches.ts'
import { createMoments } from '../../store/moments.ts'
import { createProductSearch } from '../../store/product-search.ts'
import { deleteProduct, updateProduct } from '../../store/products.ts'
import { listProductsToIndex, markIndexed } from '../../store/products-to-index.ts'
import { createRememberedSearch } from '../../store/remembered-search.ts'
import { indexName, openSearchIndex, type SearchIndex } from '../../store/search-index.ts'
import { readSynonyms } from '../../store/search/synonyms.ts'
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
  index = openSearchIndex(server.url ?? 'http://127.0.0.1:9', { timeoutMs, synonyms: readSynonyms() })
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
  const { facets, total, products } = await search({
    sort: 'name',
    limit: 3,
    after: { seen: 1, engine: 'postgres', last: [] },
  })
  expect(total).toBe(621)
  expect(facets.categories).toEqual([
    { value: 'Fillers', count: 620 },
    { value: 'Audio', count: 1 },
  ])
  expect(facets.prices).toContainEqual({ from: 5_000, to: 10_000, count: 1 })
  const plain = await createProductSearch({ database: shop.database }).search({
    sort: 'name',
    limit: 3,
    after: { seen: 1, engine: 'postgres', last: [] },
  })
  expect(products).toEqual(plain.products)
  expect({ facets, total }).toEqual({ facets: plain.facets, total: plain.total })
  expect(await namesOf({ minPriceMinor: 9_000, inStock: true })).toEqual(['Wireless headphones'])
})

test('sizes, model numbers and words run together or apart find what people mean by them', async ({ skip }) => {
  if (!server.url) skip()
  const names = {
    stud: '2 in. x 4 in. x 8 ft. Pressure-Treated Stud',
    pipe: 'Copper Pipe 1/2" x 10\'',
    drill: 'RIDGELINE HX-2500B Cordless Drill',
    washer: 'Portable Dish Washer',
    sofa: 'Leather Sofa',
  }
  for (const name of Object.values(names)) await addProduct(shop.database, { name, category: 'Home' })
  await sync()
  const first = async (q: string) => (await namesOf({ q }))[0]
  for (const q of ['2x4 pressure treated studs', '2"x4" stud', '2 inch x 4 inch x 8 foot'])
    expect(await first(q)).toBe(names.stud)
  for (const q of ['1/2 in copper pipes', '1/2x10 pipe', '10 ft pipe']) expect(await first(q)).toBe(names.pipe)
  for (const q of ['hx2500b', 'HX 2500', 'ridgelne dril']) expect(await first(q)).toBe(names.drill)
  expect(await first('dishwasher')).toBe(names.washer)
  expect(await first('couch')).toBe(names.sofa)
})

test('attributes filter and are counted as they are without the index', async ({ skip }) => {
  if (!server.url) skip()
  for (const [colour, wireless] of [
    ['teal', true],
    ['teal', false],
    ['ochre', true],
  ] as const)
    await addProduct(shop.database, {
      name: `Mouse ${colour} ${wireless}`,
      category: 'Mice',
      attributes: { colour, wireless, buttons: 3, tags: ['office', colour] },
    })
  await sync()
  const query = { category: 'Mice', attributes: { colour: ['teal', 'ochre'], wireless: ['true'] } }
  expect((await namesOf(query)).sort()).toEqual(['Mouse ochre true', 'Mouse teal true'])
  const { facets } = await search(query)
  expect(facets.attributes).toContainEqual({ name: 'buttons', values: [{ value: '3', count: 2 }] })
  const plain = await createProductSearch({ database: shop.database }).search({ sort: 'newest', limit: 9, ...query })
  expect(facets).toEqual(plain.facets)
})

test('a category is found with all below it, by the words of every level, and counted on each', async ({ skip }) => {
  if (!server.url) skip()
  const paths = ['Larder/Tinned goods/Pulses', 'Larder/Tinned goods', 'Larder', 'Larder-like', 'Larder/2024/2025']
  for (const category of paths) await addProduct(shop.database, { name: `In ${category.length}`, category })
  await sync()
  const query = { category: 'Larder', sort: 'newest', limit: 9 } as const
  const { products, facets } = await search(query)
  expect(products.map(({ category }) => category).sort()).toEqual(paths.filter((path) => path !== 'Larder-like').sort())
  expect(facets).toEqual((await createProductSearch({ database: shop.database }).search(query)).facets)
  expect(facets.categories).toContainEqual({ value: 'Larder/Tinned goods', count: 2 })
  for (const q of ['pulses', 'tinned pulse', 'larder pulses']) expect((await namesOf({ q }))[0]).toBe('In 26')
  expect(await namesOf({ q: '2024', sort: 'newest' })).toEqual(['In 16'])
})

test('pages go on where the last one ended, whatever comes into the catalogue meanwhile', async ({ skip }) => {
  if (!server.url) skip()
  for (const sort of searchSorts) {
    const seen: string[] = []
    let after: SearchPosition | undefined
    do {
      const { products, next } = await search({ category: 'Mice', limit: 1, sort, after })
      seen.push(...products.map(({ name }) => name))
      after = next
      if (seen.length === 1) await addProduct(shop.database, { name: 'Intruder', category: 'Mice', priceMinor: 1 })
      if (seen.length === 1) await sync()
    } while (after && seen.length < 20)
    const mice = seen.filter((name) => name !== 'Intruder')
    expect([sort, ...mice.sort()]).toEqual([sort, 'Mouse ochre true', 'Mouse teal false', 'Mouse teal true'])
    await shop.database.query(`update products set status = 'deleted', version = version + 1 where name = 'Intruder'`)
    await sync()
  }
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
    facets: [],
    price_minor: 1,
    popularity: 0,
    rating: 0,
    rating_count: 0,
    in_stock: true,
    created_at: new Date().toISOString(),
  }
  await index.write([{ id, version: 1, product: old }])
  await index.write([{ id, version: 1 }])
  await index.refresh()
  expect((await index.search({ q: 'newer kettle', sort: 'relevance', limit: 1 })).ids).toEqual([id])
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
function openRememberedSearch(index: SearchIndex) {
  const [caches, moments] = [openCaches(), createMoments()]
  const asked = vi.spyOn(index, 'search').mockClear()
  const search = createRememberedSearch({ database: shop.database, index, timeoutMs, caches, moments })
  const find = async (query: Partial<SearchQuery>) => {
    moments.forget() // what half a second would do
    return search.search({ sort: 'relevance', limit: 20, ...query })
  }
  return { find, asked, search }
}

test('a new synonym counts within seconds, also for what has just been asked', async ({ skip }) => {
  if (!server.url) skip()
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-synonyms-'))
  const file = join(folder, 'synonyms.txt')
  writeFileSync(file, '')
  const own = openSearchIndex(server.url as string, { timeoutMs, synonyms: readSynonyms(file) })
  try {
    const id = await addProduct(shop.database, { name: 'Astrolabe' })
    await sync()
    const { find } = openRememberedSearch(own)
    expect((await find({ q: 'starfinder' })).products).toEqual([])
    writeFileSync(file, 'starfinder, astrolabe\n')
    await vi.waitFor(async () => expect((await find({ q: 'starfinder' })).products).toMatchObject([{ id }]), 30_000)
  } finally {
    unwatchFile(file)
    await own.close()
    rmSync(folder, { recursive: true })
  }
}, 60_000)

test('what many search for is asked of the index once, and prices and stock are still the present ones', async ({
  skip,
}) => {
  if (!server.url) skip()
  const id = await addProduct(shop.database, { name: 'Orrery', priceMinor: 700 })
  await sync()
  const { find, asked } = openRememberedSearch(index)
  expect((await find({ q: 'orrery' })).products).toMatchObject([{ id, priceMinor: 700 }])
  for (let n = 0; n < 5; n++) await find({ q: 'orrery' })
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
  const { find, asked } = openRememberedSearch(index)
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
  const { asked, search } = openRememberedSearch(index)
  const query: SearchQuery = { q: 'orrery', sort: 'relevance', limit: 20 }
  const pages = await Promise.all(Array.from({ length: 30 }, () => search.search(query)))
  expect(new Set(pages.map(({ total }) => total))).toEqual(new Set([1]))
  expect(asked).toHaveBeenCalledTimes(1)
})

test('a lost index is made again from the catalogue, and search goes on meanwhile', async ({ skip }) => {
  if (!server.url) skip()
  await fetch(`${server.url}/${indexName()}`, { method: 'DELETE' })
  expect(await search({ q: 'wireless' })).toMatchObject({ engine: 'postgres', total: 1 })
  expect((await sync()).indexed).toBeGreaterThan(620)
  expect(await search({ q: 'wireless' })).toMatchObject({ engine: 'opensearch', total: 1 })
})

test('an index of another make is filled beside the one that serves, takes its place, and loses no write', async ({
  skip,
}) => {
  if (!server.url) skip()
  const asked = async (path: string, method: string, body?: object) => {
    const init = {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    }
    return (await (await fetch(`${server.url}${path}`, init)).json()) as Record<string, unknown>
  }
  // As an earlier version of the shop left it: readers on its index, the books speaking of it.
  await asked('/products-earlier', 'PUT', {})
  await asked(`/${indexName()}`, 'DELETE')
  await asked('/products-earlier/_alias/products', 'PUT')
  await shop.database.query(`update search_index set identity = 'earlier', generation = 1, is_ready = true`)
  const id = await addProduct(shop.database, { name: 'Late kettle' })
  const [late] = (await listProductsToIndex(shop.database, 1)) as [{ id: string; version: number }]
  await sync()
  expect(Object.keys(await asked('/_alias/products', 'GET'))).toEqual([indexName()])
  expect((await asked('/products-earlier', 'GET')).status).toBe(404)
  // The earlier version has written to its index and now says so: nobody believes it.
  await updateProduct(shop.database, id, { name: 'Later kettle' })
  expect(await markIndexed(shop.database, 'earlier', [{ ...late, version: late.version + 1 }])).toBe(false)
  expect(await sync()).toMatchObject({ indexed: 1 })
  expect((await namesOf({ q: 'later kettle' }))[0]).toBe('Later kettle')
  // A newer version's index is left alone.
  await shop.database.query('update search_index set generation = generation + 1')
  expect(await sync()).toMatchObject({ skipped: true })
  await shop.database.query('update search_index set generation = generation - 1')
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
    const { engine } = await patient.search({ sort: 'newest', limit: 1 })
    expect(engine).toBe('postgres')
    timesMs.push(performance.now() - startedAt)
  }
  expect(Math.max(...timesMs)).toBeLessThan(1_500)
  expect(Math.max(...timesMs.slice(3))).toBeLessThan(200)
  await hanging.close()
  silent.close()
})
