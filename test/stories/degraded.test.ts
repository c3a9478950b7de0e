import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { inParallel, insist, tally, times } from '../../shopper/http.ts'
import type { Customer } from '../../shopper/people.ts'
import { eventually, figure, newKey, newSku, openShop, type Shop } from './shop.ts'

let shop: Shop
let customer: Customer
let product: { id: string; name: string }
let canSearch = true
beforeAll(async () => {
  // Where it cannot be had, a line says so; where it can, a busy machine may need longer than the start waits for it.
  const onLine = (line: string) => void (canSearch &&= !line.startsWith('- OpenSearch'))
  shop = await openShop({ without: [], onLine })
  if (canSearch) await eventually(() => expect(shop.stack.opensearch).toBeDefined(), 150_000)
  customer = await shop.newCustomer()
  product = await shop.newProduct({ onHand: 1_000 })
}, 300_000)
afterEach(() => shop.isSound())
afterAll(() => shop?.close())

const noOpenSearch = 'OpenSearch cannot be had on this machine'

const health = async () => {
  const { status, body } = await shop.call('GET', '/health/ready')
  const checks = Object.entries(body.checks as Record<string, { status: string }>)
  const away = checks.filter(([name, check]) => check.status !== 'ready' && (canSearch || name !== 'opensearch'))
  return { status, is: body.status as string, away: away.map(([name]) => name).sort() }
}
const becomesHealthy = () =>
  eventually(async () => expect(await health()).toMatchObject({ status: 200, away: [] }), 60_000)
const sweep = (schedule: string) => shop.operator.temporal('schedule', 'trigger', '--schedule-id', schedule)
const find = async (name: string, sort = 'relevance') => {
  const { status, body, tookMs } = await shop.call('GET', `/v1/search?${new URLSearchParams({ q: name, sort })}`)
  expect(status).toBe(200)
  return { engine: body.engine as string, ids: body.data.map(({ id }: { id: string }) => id) as string[], tookMs }
}
const newNamed = (name: string) => shop.newProduct({ name, sku: newSku(), onHand: 5 })

test('a new product is found by OpenSearch a moment after it was made', async ({ skip }) => {
  skip(!canSearch, noOpenSearch)
  await becomesHealthy()
  const lamp = await newNamed('Zephyrine lantern')
  const since = performance.now()
  await eventually(async () =>
    expect(await find('zephyrine lanten')).toMatchObject({ engine: 'opensearch', ids: [lamp.id] }),
  )
  figure(`a new product was found by OpenSearch after ${Math.round(performance.now() - since)} ms, misspelt`)
})

test('OpenSearch sorts by what buyers think, seconds after they have said it', async ({ skip }) => {
  skip(!canSearch, noOpenSearch)
  const better = await newNamed('Halcyon kite, with a tail')
  const worse = await newNamed('Halcyon kite')
  const sorted = () => find('halcyon', 'rating')
  // Nobody has said anything: newest first.
  await eventually(async () =>
    expect(await sorted()).toMatchObject({ engine: 'opensearch', ids: [worse.id, better.id] }),
  )
  const rate = async ({ id }: { id: string }, rating: number) => {
    await customer.buy({ id })
    const said = { rating, title: 'Flies', body: 'In a good wind.' }
    expect((await customer.ask('POST', `/v1/products/${id}/reviews`, said)).status).toBe(201)
  }
  await rate(worse, 2)
  await rate(better, 5)
  const since = performance.now()
  await eventually(async () =>
    expect(await sorted()).toMatchObject({ engine: 'opensearch', ids: [better.id, worse.id] }),
  )
  figure(`OpenSearch sorted by a review ${Math.round(performance.now() - since)} ms after it was written`)
})

test('Redis and OpenSearch vanish in the middle of the traffic, and no shopper notices', async ({ skip }) => {
  skip(!canSearch, noOpenSearch)
  const shoppers = await shop.newCustomers(8)
  let done = 0
  const rush = inParallel(times(80, newKey), 8, async (key, n) => {
    const answer = await shoppers[n % 8]!.buy(product, { key })
    done++
    return answer
  })
  await eventually(() => expect(done).toBeGreaterThan(20))
  await Promise.all([shop.halt('redis', 'SIGKILL'), shop.halt('opensearch', 'SIGKILL')])
  const answers = await rush
  expect(tally(answers.map(({ status }) => status))).toEqual({ '201': 80 })
  expect(await health()).toEqual({ status: 200, is: 'degraded', away: ['opensearch', 'redis'] })

  const lamp = await newNamed('Quillon lantern')
  expect(await find('quillon')).toMatchObject({ engine: 'postgres', ids: [lamp.id] })
  const slowest = Math.max(
    ...(await inParallel(times(20, String), 4, () => find('quillon'))).map(({ tookMs }) => tookMs),
  )
  figure(
    `80 checkouts while both went away: all 201, slowest ${Math.max(...answers.map(({ tookMs }) => tookMs))} ms; search without OpenSearch at most ${slowest} ms`,
  )
  const bought = await customer.buy(lamp)
  expect(bought.status).toBe(201)
  expect((await customer.ask('GET', `/v1/orders/${bought.body.id}/timeline`)).status).toBe(200)
  expect((await customer.cancel(bought.body.id)).status).toBe(200)

  const back = performance.now()
  await Promise.all([shop.resume('redis'), shop.resume('opensearch')])
  await becomesHealthy()
  figure(`both back in ${Math.round((performance.now() - back) / 100) / 10} s`)
  // The sweeps come by themselves every minute; an operator need not wait.
  await Promise.all([sweep('search-sync'), sweep('event-sweep')])
  await eventually(async () => expect(await find('quillon')).toMatchObject({ engine: 'opensearch', ids: [lamp.id] }))
  await streamsHoldEveryEvent()
})

/** What Redis Streams hold, doubles left out, is exactly what was recorded; and one order's events keep their order. */
const streamsHoldEveryEvent = async () => {
  await eventually(async () => {
    if ((await recordedEvents('where streamed_at is null')).length > 0) await sweep('event-sweep')
    expect(await recordedEvents('where streamed_at is null')).toEqual([])
  })
  const recorded = await recordedEvents()
  const streamed = await streamedEvents()
  expect([...new Set(streamed)].sort()).toEqual([...recorded].sort())
  figure(
    `${recorded.length} events recorded, ${streamed.length} in the streams, ${streamed.length - new Set(streamed).size} of them doubles`,
  )
}
const recordedEvents = async (which = ''): Promise<string[]> =>
  (await shop.database.query<{ id: string }>(`select id from events ${which} order by sequence`)).rows.map(
    ({ id }) => id,
  )

const streamedEvents = async (): Promise<string[]> => {
  const redis = new Redis(shop.stack.redis!)
  try {
    const streams = await redis.keys('holdfast:events:*')
    const entries = await Promise.all(streams.map((stream) => redis.xrange(stream, '-', '+')))
    return entries.flat().map(([, fields]) => fields[fields.indexOf('id') + 1]!)
  } finally {
    redis.disconnect()
  }
}

test('a flushed Redis loses nothing that matters: keys, orders and signed-out devices stay what they were', async () => {
  const key = newKey()
  const first = await customer.buy(product, { key })
  const account = { email: customer.email, password: 'correct horse battery' }
  const { body: tokens } = await shop.call('POST', '/v1/auth/login', { body: account })
  const revoked = { refresh_token: tokens.refresh_token }
  expect((await shop.call('POST', '/v1/auth/logout', { body: revoked })).status).toBe(204)

  const redis = new Redis(shop.stack.redis!)
  await redis.flushall()
  redis.disconnect()

  expect(await customer.buy(product, { key })).toMatchObject({
    status: 201,
    replayed: true,
    body: { id: first.body.id },
  })
  expect((await shop.call('POST', '/v1/auth/refresh', { body: revoked })).status).toBe(401)
  expect((await customer.buy(product)).status).toBe(201)
  expect(await shop.movesOf(first.body.id)).toEqual(['authorization', 'capture'])
})

test('without Temporal reading goes on, a checkout is told when to come back, and the same key then buys once', async () => {
  const { body: earlier } = await customer.buy(product)
  const before = await shop.stockOf(product.id)
  await shop.halt('temporal', 'SIGKILL')
  const key = newKey()
  const refused = await customer.buy(product, { key })
  expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  figure(`a checkout without Temporal was refused after ${refused.tookMs} ms`)
  expect(refused.tookMs).toBeLessThan(8_000)
  expect(await health()).toMatchObject({ status: 503, is: 'unavailable', away: ['temporal'] })
  expect(await customer.order(earlier.id)).toMatchObject({ status: 'paid' })
  expect((await shop.call('GET', `/v1/products/${product.id}`)).status).toBe(200)
  expect((await find(product.name)).ids).toContain(product.id)
  expect(await customer.cancel(earlier.id)).toMatchObject({ status: 503 })
  expect(await shop.stockOf(product.id)).toEqual(before)

  await shop.resume('temporal')
  const bought = await insist(() => customer.buy(product, { key }))
  expect(bought.status).toBe(201)
  await customer.becomes(bought.body.id, 'paid', 'captured')
  expect(await shop.movesOf(bought.body.id)).toEqual(['authorization', 'capture'])
  expect((await shop.stockOf(product.id)).on_hand).toBe(before.on_hand - 1)
  await becomesHealthy()
})

test('a gateway that is away keeps a checkout waiting, and the order is paid when it is back', async () => {
  await shop.halt('gateway', 'SIGKILL')
  const key = newKey()
  const waiting = await customer.buy(product, { key })
  expect(waiting).toMatchObject({ status: 202, body: { status: 'pending', payment_status: 'pending' } })
  expect(waiting.headers.get('location')).toBe(`/v1/orders/${waiting.body.id}`)
  expect(await health()).toMatchObject({ status: 200, is: 'degraded', away: ['gateway'] })
  figure(`a checkout without the gateway was accepted after ${waiting.tookMs} ms`)
  await shop.resume('gateway')
  const back = performance.now()
  await customer.becomes(waiting.body.id, 'paid', 'captured')
  figure(`and paid ${Math.round(performance.now() - back)} ms after the gateway was back`)
  expect(await shop.movesOf(waiting.body.id)).toEqual(['authorization', 'capture'])
  expect(await customer.buy(product, { key })).toMatchObject({ status: 201, replayed: true })
})

test('an order that was paid while the gateway was away for its refund gets the money back when it is there again', async () => {
  const { body } = await customer.buy(product)
  await shop.halt('gateway', 'SIGKILL')
  const cancelling = insist(() => customer.ask('POST', `/v1/orders/${body.id}/cancel`, {}, 'cancel-once'))
  await eventually(async () =>
    expect(await shop.operator.temporal('workflow', 'metadata', '--workflow-id', `order-${body.id}`)).toContain(
      'Giving everything back',
    ),
  )
  await shop.resume('gateway')
  expect((await cancelling).status).toBe(200)
  await customer.becomes(body.id, 'cancelled', 'refunded')
  expect(await shop.movesOf(body.id)).toEqual(['authorization', 'capture', 'refund'])
})
