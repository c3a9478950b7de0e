import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startRedis } from '../../stack/servers/redis.ts'
import { openSite, type Site } from '../../stack/site.ts'
import { openCaches } from '../../store/caches.ts'
import { createCatalogue } from '../../store/catalogue.ts'
import { createMoments } from '../../store/moments.ts'
import { listenForOutcomes } from '../../store/outcomes.ts'
import { updateProduct } from '../../store/products.ts'
import { adjustStock } from '../../store/inventory.ts'
import { newId } from '../../store/ids.ts'
import { addProduct } from '../support/shop-api.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let db: TestDatabase
let site: Site
let server: NonNullable<Awaited<ReturnType<typeof startRedis>>>
const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-catalogue-'))
const clients: Redis[] = []
beforeAll(async () => {
  db = await openTestDatabase()
  site = await openSite({ dataDir, environment: { ...process.env, REDIS_URL: undefined } })
  server = (await startRedis(site)) as typeof server
})
afterAll(async () => {
  for (const client of clients) client.disconnect()
  await site?.close()
  rmSync(dataDir, { recursive: true, force: true })
  await db?.close()
})

/** What one API process knows of the catalogue. */
function openProcess() {
  const redis = new Redis(server.url, { maxRetriesPerRequest: 0, commandTimeout: 500, enableOfflineQueue: false })
  redis.on('error', () => {})
  clients.push(redis)
  const [caches, moments] = [openCaches(redis), createMoments()]
  const catalogue = createCatalogue({ database: db.database, caches, moments })
  return {
    redis,
    caches,
    moments,
    catalogue,
    ready: () => vi.waitFor(() => expect(redis.status).toBe('ready'), 10_000),
  }
}

test('a change of price or stock is seen by every process within a second, though nobody announces it', async () => {
  const id = await addProduct(db.database, { priceMinor: 1_000 })
  const processes = [openProcess(), openProcess()]
  for (const each of processes) {
    await each.ready()
    expect(await each.catalogue.product(id)).toMatchObject({ priceMinor: 1_000, available: 10 })
  }
  await updateProduct(db.database, id, { priceMinor: 1_200 })
  await adjustStock(db.database, { id: newId('adj'), productId: id, change: -4, type: 'out', reason: 'thieves' })
  const changedAt = Date.now()
  for (const { catalogue } of processes)
    for (let isSeen = false; !isSeen; ) {
      const askedAt = Date.now()
      const product = await catalogue.product(id)
      isSeen = product?.priceMinor === 1_200 && product.available === 6
      if (!isSeen) expect(askedAt - changedAt).toBeLessThan(1_000)
    }
})

test('whoever forgets a product reads it as it is now', async () => {
  const id = await addProduct(db.database)
  const { catalogue, moments, ready } = openProcess()
  await ready()
  await catalogue.product(id)
  await db.database.query('update products set name = $2 where id = $1', [
    id,
    'Changed by hand, version and all forgotten',
  ])
  moments.forget([id])
  expect((await catalogue.product(id))?.name).toBe('Changed by hand, version and all forgotten')
})

test('a change is announced to those who listen; that the index has seen it is not', async () => {
  const id = await addProduct(db.database, { onHand: 1 })
  const told: (string | undefined)[] = []
  const outcomes = await listenForOutcomes({
    url: db.url,
    onError: () => {},
    onProductChanged: (productId) => void told.push(productId),
  })
  expect(told, 'whatever it missed so far').toEqual([undefined])
  await db.database.query('update products set indexed_version = version where id = $1', [id])
  await updateProduct(db.database, id, { priceMinor: 5 })
  const take = { productId: id, type: 'out', reason: 'the last one' } as const
  await adjustStock(db.database, { ...take, id: newId('adj'), change: -1 })
  await vi.waitFor(() => expect(told).toEqual([undefined, id, id]), 5_000)
  await outcomes.close()
})

test('what one process read, another has from Redis; what many ask at once is read once', async () => {
  const id = await addProduct(db.database)
  const [one, other] = [openProcess(), openProcess()]
  await Promise.all([one.ready(), other.ready()])
  const asked = vi.spyOn(db.database, 'query')
  await Promise.all(Array.from({ length: 50 }, () => one.catalogue.product(id)))
  for (let n = 0; n < 3; n++) {
    expect(await other.catalogue.product(id)).toMatchObject({ id, createdAt: expect.any(Date) })
    other.moments.forget()
  }
  const names = asked.mock.calls.map(([query]) => (query as unknown as { name: string }).name)
  asked.mockRestore()
  expect(names.filter((name) => name === 'find-products')).toHaveLength(1)
  expect(other.caches.counts.products).toEqual({ redis: 1, memory: 2, none: 0 })
  expect(await one.redis.ttl((await one.redis.keys(`holdfast:cache:products:${id}*`))[0] as string)).toBeGreaterThan(
    3_500,
  )
})

test('Redis flushed and killed costs nothing but speed', async () => {
  const ids = await Promise.all(Array.from({ length: 5 }, () => addProduct(db.database)))
  const one = openProcess()
  await one.ready()
  const all = () => {
    one.moments.forget()
    return Promise.all(ids.map((id) => one.catalogue.product(id)))
  }
  expect(await all()).toHaveLength(5)
  await one.redis.flushall()
  expect(await all()).toHaveLength(5)
  await server.process?.halt('SIGKILL')
  const fresh = openProcess()
  expect(await all()).toHaveLength(5)
  const startedAt = performance.now()
  expect(await Promise.all(ids.map((id) => fresh.catalogue.product(id)))).toHaveLength(5)
  expect(performance.now() - startedAt).toBeLessThan(1_500)
})
