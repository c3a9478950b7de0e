import { afterAll, beforeAll, expect, test } from 'vitest'
import { openShopApi, type ShopApi } from '../support/shop-api.ts'

let shop: ShopApi
beforeAll(async () => {
  shop = await openShopApi()
})
afterAll(() => shop.close())

let keys = 0
const adjust = (productId: string, body: object, key = `key-${++keys}`, token = shop.manager.token) =>
  shop.ask('POST', `/v1/inventory/${productId}/adjustments`, { token, body, key })
const stockOf = async (productId: string) =>
  (await shop.ask('GET', `/v1/inventory/${productId}`, { token: shop.manager.token })).body
const ledgerOf = async (productId: string, query = '') =>
  (await shop.ask('GET', `/v1/inventory/${productId}/ledger${query}`, { token: shop.manager.token })).body
const counted = { type: 'adjustment', reason: 'counted again' }

test('every change of the shelf stands in the ledger, which sums to what is there', async () => {
  const id = await shop.product({ onHand: 10 })
  await adjust(id, { change: 5, type: 'in', reason: 'delivery' })
  await adjust(id, { change: -3, type: 'out', reason: 'broken' })
  const last = await adjust(id, { change: -2, ...counted })
  expect(last.status).toBe(201)
  expect(last.body).toMatchObject({ change: -2, type: 'adjustment', inventory: { on_hand: 10, available: 10 } })
  const { data, next_cursor } = await ledgerOf(id)
  expect(data.map((entry: { change: number }) => entry.change)).toEqual([10, 5, -3, -2])
  expect(next_cursor).toBeNull()
  expect((await stockOf(id)).on_hand).toBe(10)
})

test('a long ledger comes in pages, oldest first, nothing twice', async () => {
  const id = await shop.product({ onHand: 1 })
  for (let n = 0; n < 6; n++) await adjust(id, { change: n + 2, ...counted })
  const seen: number[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: { data: { change: number }[]; next_cursor: string | null } = await ledgerOf(
      id,
      `?limit=3${cursor && `&cursor=${cursor}`}`,
    )
    seen.push(...page.data.map(({ change }) => change))
    cursor = page.next_cursor
  }
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7])
})

test('the shelf never goes below zero or below what is promised', async () => {
  const id = await shop.product({ onHand: 5 })
  await shop.database.query('update stock set reserved = 3 where product_id = $1', [id])
  const refused = await adjust(id, { change: -3, type: 'out', reason: 'broken' })
  expect([refused.status, refused.body.code]).toEqual([409, 'insufficient_stock'])
  expect(refused.body.inventory).toMatchObject({ on_hand: 5, reserved: 3, available: 2 })
  expect((await adjust(id, { change: -2, ...counted })).status).toBe(201)
  expect(await stockOf(id)).toMatchObject({ on_hand: 3, reserved: 3, available: 0 })
})

test('of many takers at once exactly as many succeed as there are units', async () => {
  const id = await shop.product({ onHand: 8 })
  const answers = await Promise.all(Array.from({ length: 30 }, () => adjust(id, { change: -1, ...counted })))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(8)
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(22)
  expect(await stockOf(id)).toMatchObject({ on_hand: 0 })
})

test('one key is one adjustment, even when it arrives many times at once', async () => {
  const id = await shop.product({ onHand: 0 })
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => adjust(id, { change: 4, ...counted }, 'the-same-key')),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
  expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(19)
  expect((await stockOf(id)).on_hand).toBe(4)
})

test('a refusal is repeated under its key, even when there is stock by then', async () => {
  const id = await shop.product({ onHand: 0 })
  const first = await adjust(id, { change: -1, ...counted }, 'refused-once')
  await adjust(id, { change: 5, ...counted })
  const again = await adjust(id, { change: -1, ...counted }, 'refused-once')
  expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([409, 409, 'true'])
  expect((await stockOf(id)).on_hand).toBe(5)
})

test('a key belongs to one request of one person', async () => {
  const [one, other] = [await shop.product(), await shop.product()]
  await adjust(one, { change: 1, ...counted }, 'mine')
  const otherBody = await adjust(one, { change: 2, ...counted }, 'mine')
  expect([otherBody.status, otherBody.body.code]).toEqual([422, 'idempotency_key_reuse'])
  expect((await adjust(other, { change: 1, ...counted }, 'mine')).body.code).toBe('idempotency_key_reuse')
  expect((await adjust(one, { ...counted, change: 1 }, 'mine')).headers.get('idempotency-replayed')).toBe('true')
  const colleague = await adjust(one, { change: 1, ...counted }, 'mine', shop.admin.token)
  expect([colleague.status, colleague.headers.get('idempotency-replayed')]).toEqual([201, null])
})

test('a refused body does not use the key up', async () => {
  const id = await shop.product()
  expect((await adjust(id, { change: 0, ...counted }, 'second-try')).status).toBe(422)
  expect((await adjust(id, { change: 1, ...counted }, 'second-try')).status).toBe(201)
})

test.each([
  ['', 400],
  ['x'.repeat(256), 400],
  ['schlüssel', 400],
  ['tab\there', 400],
  ['k', 201],
  ['x'.repeat(255), 201],
])('an Idempotency-Key is 1 to 255 printable characters (%#)', async (key, status) => {
  const answer = await adjust(await shop.product(), { change: 1, ...counted }, key)
  expect(answer.status).toBe(status)
  if (status === 400) expect(answer.body.code).toBe('idempotency_key_required')
})

test.each([
  [{ change: -1, type: 'in', reason: 'x' }, 'change'],
  [{ change: 0, type: 'out', reason: 'x' }, 'change'],
  [{ change: 0, type: 'adjustment', reason: 'x' }, 'change'],
  [{ change: 1.5, type: 'in', reason: 'x' }, 'change'],
  [{ change: 2_147_483_648, type: 'in', reason: 'x' }, 'change'],
  [{ change: '1', type: 'in', reason: 'x' }, 'change'],
  [{ change: 1, type: 'gift', reason: 'x' }, 'type'],
  [{ change: 1, type: 'in', reason: '' }, 'reason'],
  [{ change: 1, type: 'in' }, 'reason'],
  [{ change: 1, type: 'in', reason: 'x', order_id: 'ord_1' }, 'order_id'],
])('an adjustment like %j is refused and named so', async (body, path) => {
  const answer = await adjust(await shop.product(), body)
  expect(answer.status).toBe(422)
  expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path)
})

test('no number of deliveries overflows the shelf', async () => {
  const id = await shop.product({ onHand: 1_000_000_000 })
  const { status, body } = await adjust(id, { change: 1_000_000_000, type: 'in', reason: 'too much' })
  expect([status, body.errors[0].path]).toEqual([422, 'change'])
})

test('when to reorder can be set, the stock itself cannot', async () => {
  const id = await shop.product({ onHand: 2 })
  const set = (body: object) => shop.ask('PATCH', `/v1/inventory/${id}`, { token: shop.admin.token, body })
  await set({ reorder_point: 5, reorder_quantity: 50 })
  expect((await set({ reorder_quantity: 60 })).body).toMatchObject({
    on_hand: 2,
    reorder_point: 5,
    reorder_quantity: 60,
    incoming: 0,
  })
  expect((await set({ on_hand: 99 })).status).toBe(422)
})
