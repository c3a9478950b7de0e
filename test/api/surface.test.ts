import { afterAll, beforeAll, expect, test } from 'vitest'
import { openShopApi, type ShopApi } from '../support/shop-api.ts'

let shop: ShopApi
beforeAll(async () => {
  shop = await openShopApi()
})
afterAll(() => shop.close())

test('every answer carries a request id, the caller’s own when it is a sane one', async () => {
  const own = await shop.ask('GET', '/health/live', { headers: { 'x-request-id': 'order-page-42' } })
  expect(own.headers.get('x-request-id')).toBe('order-page-42')
  for (const odd of ['a b', 'x'.repeat(200), '<script>']) {
    const { headers } = await shop.ask('GET', '/nowhere', { headers: { 'x-request-id': odd } })
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  }
})

test('an unknown path is a problem with a code, and says nothing more', async () => {
  const { status, headers, body } = await shop.ask('POST', '/v1/nothing', { rawBody: 'x' })
  expect(status).toBe(404)
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(body).toMatchObject({
    status: 404,
    code: 'not_found',
    type: 'urn:holdfast:problem:not_found',
    instance: '/v1/nothing',
  })
  expect(body.request_id).toBe(headers.get('x-request-id'))
})

test('a known path with another method says which methods there are', async () => {
  const { status, headers, body } = await shop.ask('PUT', '/v1/products', { rawBody: 'x' })
  expect([status, body.code, headers.get('allow')]).toEqual([405, 'method_not_allowed', 'GET, HEAD, POST'])
  const override = await shop.ask('GET', '/v1/products', { headers: { 'x-http-method-override': 'DELETE' } })
  expect(override.status).toBe(200)
})

test('a HEAD is answered as its GET, without the body', async () => {
  const { status, text } = await shop.ask('HEAD', '/v1/products')
  expect([status, text]).toEqual([200, ''])
})

test('answers forbid sniffing, framing and other sites’ reading', async () => {
  const { headers } = await shop.ask('GET', '/v1/products', { headers: { origin: 'https://evil.example' } })
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(headers.get('access-control-allow-origin')).toBeNull()
})

test('a fault inside is one sentence outside', async () => {
  const broken = await openShopApi({
    search: {
      search: () => Promise.reject(new Error('select secret from vault')),
      suggest: () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })),
    },
  })
  try {
    const fault = await broken.ask('GET', '/v1/search?q=x')
    expect([fault.status, fault.body.code]).toEqual([500, 'internal'])
    expect(fault.text).not.toMatch(/secret|vault|at /)
    const away = await broken.ask('GET', '/v1/search/suggest?q=x')
    expect([away.status, away.body.code, away.headers.get('retry-after')]).toEqual([503, 'unavailable', '2'])
  } finally {
    await broken.close()
  }
})

test('a disk that does not take what PostgreSQL writes is no fault of ours: repeat the request', async () => {
  const ioError = Object.assign(new Error('could not fdatasync file "000000010000000000000042"'), { code: '58030' })
  const broken = await openShopApi({
    search: { search: () => Promise.reject(ioError), suggest: () => Promise.reject(ioError) },
  })
  try {
    const { status, body } = await broken.ask('GET', '/v1/search?q=x')
    expect([status, body.code]).toEqual([503, 'unavailable'])
  } finally {
    await broken.close()
  }
})

test('when PostgreSQL is away the answer is 503 with Retry-After, and the process still lives', async () => {
  const broken = await openShopApi()
  await broken.close()
  const { status, body, headers } = await broken.ask('GET', '/v1/products')
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'unavailable', '2'])
  expect((await broken.ask('GET', '/health/live')).status).toBe(200)
  const ready = await broken.ask('GET', '/health/ready')
  expect([ready.status, ready.body.status, ready.body.checks.postgres.status]).toEqual([
    503,
    'unavailable',
    'unavailable',
  ])
})

test('readiness names an accelerator that is not there and stays ready for orders', async () => {
  const { status, body } = await shop.ask('GET', '/health/ready')
  expect([status, body.status]).toEqual([200, 'degraded'])
  expect(body.checks.postgres).toMatchObject({ status: 'ready', latency_ms: expect.any(Number) })
  expect(body.checks.redis).toMatchObject({ status: 'degraded', detail: expect.stringContaining('Not configured') })
  expect(body.checks.opensearch.status).toBe('degraded')
})

test('a probe that hangs counts as away after a second', async () => {
  const hanging = await openShopApi({ probes: { postgres: async () => 1, temporal: () => new Promise(() => {}) } })
  try {
    const { status, body } = await hanging.ask('GET', '/health/ready')
    expect([status, body.checks.temporal.status]).toEqual([503, 'unavailable'])
  } finally {
    await hanging.close()
  }
})

test('metrics count requests by route pattern and show orders that need a person', async () => {
  await shop.ask('GET', '/v1/products/prd_0193f1a2-7c3e-7d43-8a52-4f3a5b6c7d8e')
  const { text, headers } = await shop.ask('GET', '/metrics')
  expect(headers.get('content-type')).toContain('text/plain')
  expect(text).toMatch(
    /holdfast_http_request_duration_seconds_count\{method="GET",route="\/v1\/products\/:id",status="404"\} 1/,
  )
  expect(text).toContain('holdfast_orders_needing_attention 0')
  expect(text).toContain('process_cpu_seconds_total')
})

test('the OpenAPI document is 3.1 and leaves no route out', async () => {
  const { body } = await shop.ask('GET', '/openapi.json')
  expect(body.openapi).toBe('3.1.0')
  const documented = Object.entries<object>(body.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const routed = shop.app.routes
    .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/v1'))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  expect(documented).toEqual(expect.arrayContaining([...new Set(routed)]))
  expect(body.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' })
  const create = body.paths['/v1/products'].post
  expect(Object.keys(create.responses)).toEqual(
    expect.arrayContaining(['201', '400', '401', '403', '409', '413', '415', '422']),
  )
  expect(create.responses['409'].content).toHaveProperty('application/problem+json')
  const ofAdjustment: { name: string; in: string; required: boolean }[] =
    body.paths['/v1/inventory/{product_id}/adjustments'].post.parameters
  expect(ofAdjustment.filter(({ required }) => required).map(({ name, in: where }) => `${name} in ${where}`)).toEqual(
    expect.arrayContaining(['idempotency-key in header', 'product_id in path']),
  )
})

test('the interactive documentation brings all it needs from here', async () => {
  const page = await shop.ask('GET', '/docs')
  const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file as string)
  expect(files.length).toBeGreaterThan(2)
  for (const file of files) expect((await shop.ask('GET', file)).status, file).toBe(200)
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
})
