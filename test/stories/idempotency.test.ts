import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Answer, insist, tally, times } from '../../shopper/http.ts'
import { oneOf, orderOf } from '../../shopper/people.ts'
import { eventually, figure, newKey, openShop, type Shop } from './shop.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop({ apiProcesses: 2, workers: 1 })
})
afterEach(() => shop.isSound())
afterAll(() => shop?.close())

const SENDS = 50
const charged = ['authorization', 'capture']

const ordersServedBy = (api: string): number =>
  readFileSync(join(shop.dataDir, 'logs', `${api}.log`), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"method":"POST"') && line.includes('"route":"/v1/orders"')).length

test('fifty sends of one key at once, over two API processes, are one order and one charge', async () => {
  const [customer, product] = await Promise.all([shop.newCustomer(), shop.newProduct()])
  const key = newKey()
  const answers = await Promise.all(times(SENDS, () => insist(() => customer.buy(product, { key }))))

  const served = await eventually(() => {
    const counts = ['api-1', 'api-2'].map(ordersServedBy)
    expect(counts[0]! + counts[1]!).toBeGreaterThanOrEqual(SENDS)
    return counts
  })
  figure(
    `${SENDS} sends of one key: ${JSON.stringify(tally(answers.map(({ status }) => status)))}, served ${served.join(' and ')}`,
  )
  expect(Math.min(...served), 'both processes took part').toBeGreaterThan(0)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
  for (const { body } of answers) expect(body).toEqual(answers[0]!.body)
  expect(tally(answers.map(({ replayed }) => String(replayed)))).toEqual({ true: SENDS - 1, false: 1 })
  const { id } = answers[0]!.body
  await customer.becomes(id, 'paid', 'captured')
  expect(await shop.movesOf(id)).toEqual(charged)
  expect((await customer.ask('GET', '/v1/orders')).body.data).toHaveLength(1)
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: 99, reserved: 0 })
})

test('a key is remembered by an API that was killed and started again', async () => {
  const [customer, product] = await Promise.all([shop.newCustomer(), shop.newProduct()])
  const key = newKey()
  const first = await customer.buy(product, { key })
  expect(first).toMatchObject({ status: 201, replayed: false })
  const before = shop.stack.processes.filter(({ role }) => role === 'api').map(({ pid }) => pid)
  for (const pid of before) process.kill(pid, 'SIGKILL')
  const again = await eventually(async () => {
    expect(shop.stack.processes.filter(({ role, pid }) => role === 'api' && !before.includes(pid))).toHaveLength(2)
    return customer.buy(product, { key })
  })
  expect(again).toMatchObject({ status: 201, replayed: true })
  expect(again.body).toEqual(first.body)
  expect(await shop.movesOf(first.body.id)).toEqual(charged)
})

test('a key belongs to one request of one customer, and must be there', async () => {
  const [customer, other, product] = await Promise.all([shop.newCustomer(), shop.newCustomer(), shop.newProduct()])
  const key = newKey()
  const first = await customer.buy(product, { key })
  expect(first.status).toBe(201)

  const two = [{ product_id: product.id, quantity: 2 }]
  expect(await customer.buy(two, { key })).toMatchObject({ status: 422, body: { code: 'idempotency_key_reuse' } })
  expect(await customer.buy(product, { key, token: 'tok_3ds' })).toMatchObject({ status: 422 })
  const body = orderOf(oneOf(product))
  for (const bad of [undefined, '', 'clé', 'k'.repeat(256)]) {
    const answer = await shop.call('POST', '/v1/orders', {
      token: customer.token,
      body,
      ...(bad !== undefined && { key: bad }),
    })
    expect(answer, String(bad)).toMatchObject({ status: 400, body: { code: 'idempotency_key_required' } })
  }
  const theirs = await other.buy(product, { key })
  expect(theirs).toMatchObject({ status: 201, replayed: false })
  expect(theirs.body.id).not.toBe(first.body.id)
  expect(await shop.stockOf(product.id)).toEqual({ on_hand: 98, reserved: 0 })
})

test('the same request spelled differently is the same request', async () => {
  const [customer, product] = await Promise.all([shop.newCustomer(), shop.newProduct()])
  const key = newKey()
  const body = orderOf(oneOf(product))
  const reversed = Object.fromEntries(Object.entries(body).reverse())
  const first = await shop.call('POST', '/v1/orders', { token: customer.token, key, body })
  const again = await shop.call('POST', '/v1/orders', {
    token: customer.token,
    key,
    rawBody: JSON.stringify(reversed, null, 3),
  })
  expect(again).toMatchObject({ status: 201, replayed: true, body: { id: first.body.id } })
})

test('a decline repeats as the same decline, and nobody asks the bank again', async () => {
  const [customer, product] = await Promise.all([shop.newCustomer(), shop.newProduct()])
  const key = newKey()
  const decline = () => customer.buy(product, { key, token: 'tok_declined' })
  const first = await decline()
  expect(first).toMatchObject({
    status: 402,
    replayed: false,
    body: { code: 'payment_declined', decline_code: 'card_declined' },
  })
  expect((await customer.buy(product)).status).toBe(201) // the books have moved on meanwhile
  const again = await decline()
  expect(again).toMatchObject({ status: 402, replayed: true })
  expect(withoutRequest(again)).toEqual(withoutRequest(first))
  expect((await customer.ask('GET', '/v1/orders')).body.data).toHaveLength(2)
})

test('a repeat finds its paid order though the shelf is empty and the product gone', async () => {
  const [customer, product] = await Promise.all([shop.newCustomer(), shop.newProduct({ onHand: 1 })])
  const key = newKey()
  const first = await customer.buy(product, { key })
  expect(first.status).toBe(201)
  expect(await customer.buy(product)).toMatchObject({ status: 409, body: { code: 'insufficient_stock' } })
  expect(await customer.buy(product, { key })).toMatchObject({
    status: 201,
    replayed: true,
    body: { id: first.body.id },
  })
  expect((await shop.staff.ask('DELETE', `/v1/products/${product.id}`)).status).toBe(204)
  expect(await customer.buy(product, { key })).toMatchObject({
    status: 201,
    replayed: true,
    body: { id: first.body.id },
  })
})

test('a sold-out answer that was kept stays with its key, and a new key buys what came in since', async () => {
  const [customer, product] = await Promise.all([shop.newCustomer(), shop.newProduct({ onHand: 1 })])
  const keys = times(12, newKey)
  const buyAll = () => Promise.all(keys.map((key) => insist(() => customer.buy(product, { key }))))
  const answers = await buyAll()
  expect(tally(answers.map(({ status }) => status))).toEqual({ '201': 1, '409': 11 })
  const more = { change: 20, type: 'in', reason: 'found behind the shelf' }
  expect((await shop.staff.ask('POST', `/v1/inventory/${product.id}/adjustments`, more)).status).toBe(201)
  // Those that were turned away at the door have no answer to repeat: theirs is a first try.
  for (const [n, again] of (await buyAll()).entries())
    expect(again.status).toBe(again.replayed ? answers[n]?.status : 201)
  expect((await customer.buy(product, { key: newKey() })).status).toBe(201)
})

test('whoever joins while the first is still running hears what it heard', async () => {
  const [customer, product] = await Promise.all([shop.newCustomer(), shop.newProduct()])
  const key = newKey()
  // The gateway keeps silent about the capture twice, so the order changes while they wait: held first, then captured.
  await shop.gateway('POST', '/v1/faults', { body: { operation: 'capture', mode: 'silent_after', times: 2 } })
  const answers = await Promise.all(
    times(20, async (n) => {
      await sleep(n * 100)
      return customer.buy(product, { key })
    }),
  )
  figure(`20 who joined a slow capture heard ${JSON.stringify(tally(answers.map(({ body }) => body.payment_status)))}`)
  for (const answer of answers) expect(answer).toMatchObject({ status: 201, body: answers[0]!.body })
  await customer.becomes(answers[0]!.body.id, 'paid', 'captured')
})

const withoutRequest = ({ body }: Answer) => ({ ...body, instance: undefined, request_id: undefined })
