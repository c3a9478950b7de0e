import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, openShopApi, type ShopApi } from '../support/shop-api.ts'

let shop: ShopApi
beforeAll(async () => {
  shop = await openShopApi()
})
afterAll(() => shop.close())

const bytes = (...parts: (string | number[])[]) =>
  new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)))))

const patch = (rawBody: string | Uint8Array<ArrayBuffer> | ReadableStream, headers: Record<string, string> = {}) =>
  shop.ask('PATCH', '/v1/me', { token: shop.customer.token, rawBody, headers })
const big = `{"profile":{"x":"${'x'.repeat(70_000)}"}}`
const deep = (levels: number) => `{"profile":{"x":${'['.repeat(levels)}${']'.repeat(levels)}}}`

test.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number, string]>([
  ['broken JSON', '{"profile":', {}, 400, 'malformed_request'],
  ['bytes that are not UTF-8', bytes('{"username":"a', [0xff, 0xfe], '"}'), {}, 400, 'malformed_request'],
  ['JSON nested 33 deep', deep(33), {}, 400, 'malformed_request'],
  ['JSON nested 30,000 deep', deep(30_000), {}, 400, 'malformed_request'],
  ['70 KB', big, {}, 413, 'payload_too_large'],
  ['plain text', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
  ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
  ['UTF-16', '{}', { 'content-type': 'application/json;charset=utf-16' }, 415, 'unsupported_media_type'],
  ['gzip', '{}', { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
  ['a NUL', '{"username":"a\\u0000b"}', {}, 422, 'invalid_request'],
  ['a NUL in a free field', '{"profile":{"a":{"b\\u0000":1}}}', {}, 422, 'invalid_request'],
  ['half a surrogate pair', '{"profile":{"a":"\\ud800"}}', {}, 422, 'invalid_request'],
  ['minus zero', '{"profile":{"a":-0}}', {}, 422, 'invalid_request'],
  ['__proto__', '{"profile":{"__proto__":{"polluted":true}}}', {}, 422, 'invalid_request'],
  ['__proto__ at the top', '{"__proto__":{"role":"admin"}}', {}, 422, 'invalid_request'],
  ['an unknown field', '{"role":"admin"}', {}, 422, 'invalid_request'],
  ['a list', '[]', {}, 422, 'invalid_request'],
  ['null', 'null', {}, 422, 'invalid_request'],
  ['a card number', '{"profile":{"note":"my card is 4111 1111-1111 1111, thanks"}}', {}, 422, 'pan_not_accepted'],
  ['a card number as a number', '{"profile":{"card":5555555555554444}}', {}, 422, 'pan_not_accepted'],
  ['a card number as a key', '{"profile":{"378282246310005":1}}', {}, 422, 'pan_not_accepted'],
  ['an escaped card number', '{"username":"\\u0034111111111111111"}', {}, 422, 'pan_not_accepted'],
  ['a byte order mark', bytes([0xef, 0xbb, 0xbf], '{"profile":{}}'), {}, 200, ''],
  ['a charset of UTF-8', '{"profile":{}}', { 'content-type': 'Application/JSON; charset="UTF-8"' }, 200, ''],
  ['a key given twice', '{"profile":{"a":1},"profile":{"a":2}}', {}, 200, ''],
  ['bidirectional and zero-width characters', '{"profile":{"a":"\\u202e\\u200b"}}', {}, 200, ''],
])('a body with %s is answered well', async (_, body, headers, status, code) => {
  const startedAt = performance.now()
  const answer = await patch(body, headers)
  expect(answer.status).toBe(status)
  if (code) expect(answer.body.code).toBe(code)
  expect(performance.now() - startedAt).toBeLessThan(500)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('a body that hides its size is cut off all the same', async () => {
  let sent = 0
  const endless = new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(16_384).fill(32))
      if (++sent > 1_000) controller.close()
    },
  })
  const { status, body } = await patch(endless)
  expect([status, body.code]).toEqual([413, 'payload_too_large'])
  expect(sent).toBeLessThan(20)
})

test('a card number is refused before anyone is asked who they are, and is not said back', async () => {
  const { status, text } = await shop.ask('POST', '/v1/auth/register', { body: { username: '4111111111111111' } })
  expect(status).toBe(422)
  expect(text).toContain('pan_not_accepted')
  expect(text).not.toContain('4111')
})

test('nothing to send may be sent as nothing where nothing is needed', async () => {
  expect((await shop.ask('PATCH', '/v1/me', { token: shop.customer.token, rawBody: '', headers: {} })).status).toBe(200)
  expect((await shop.ask('POST', '/v1/auth/login', {})).status).toBe(422)
})

test('a gateway’s notice is left as it came: its route judges it by its signature', async () => {
  const { OpenAPIHono } = await import('@hono/zod-openapi')
  const seen: string[] = []
  const route = new OpenAPIHono().post('/v1/webhooks/payments', async (c) => {
    seen.push(await c.req.text())
    return c.body(null, 204)
  })
  const other = await openShopApi()
  const app = other.app.route('/', route)
  const notice = '{ "trace": "4111111111111111", "amount": -0 }'
  const send = (rawBody: string) => ask(app, 'POST', '/v1/webhooks/payments', { rawBody })
  expect((await send(notice)).status).toBe(204)
  expect(seen).toEqual([notice])
  expect((await send(' '.repeat(70_000))).status).toBe(413)
  await other.close()
})

test('headers with strange names do no harm', async () => {
  expect((await shop.ask('GET', '/v1/products', { headers: { __proto__x: '1', constructor: '2' } })).status).toBe(200)
})
