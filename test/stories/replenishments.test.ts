import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callTo, inParallel, tally, times } from '../../shopper/http.ts'
import { eventually, figure, newKey, openShop, type Shop } from './shop.ts'

let shop: Shop
beforeAll(async () => {
  shop = await openShop({ env: { REPLENISHMENT_LATE_MS: '1500' } })
})
afterAll(() => shop?.close())

const open = (productId: string, quantity = 10, key = newKey()) =>
  shop.staff.ask('POST', '/v1/replenishments', { product_id: productId, quantity }, key)
const receive = (id: string, quantity: number, key = newKey()) =>
  shop.staff.ask('POST', `/v1/replenishments/${id}/receipts`, { quantity }, key)
const cancel = (id: string) =>
  shop.staff.ask('POST', `/v1/replenishments/${id}/cancel`, { reason: 'not needed' }, newKey())
const stock = async (productId: string) => (await shop.staff.ask('GET', `/v1/inventory/${productId}`)).body
const find = async (id: string) => (await shop.staff.ask('GET', `/v1/replenishments/${id}`)).body

async function opened(quantity = 10, onHand = 5): Promise<{ id: string; productId: string }> {
  const { id: productId } = await shop.newProduct({ onHand })
  const { status, body } = await open(productId, quantity)
  expect(status, JSON.stringify(body)).toBe(201)
  return { id: body.id, productId }
}

describe('units are ordered and counted in', () => {
  test('ordered units are incoming, and on the shelf once they have come', async () => {
    const { id, productId } = await opened(10)
    expect(await stock(productId)).toMatchObject({ on_hand: 5, available: 5, incoming: 10 })

    const { status, body } = await receive(id, 4)
    expect([status, body]).toEqual([201, expect.objectContaining({ status: 'partially_received', received: 4 })])
    expect(await stock(productId)).toMatchObject({ on_hand: 9, available: 9, incoming: 6 })

    expect((await receive(id, 6)).body).toMatchObject({ status: 'received', received: 10, quantity: 10 })
    expect(await stock(productId)).toMatchObject({ on_hand: 15, incoming: 0 })
    const { body: ledger } = await shop.staff.ask('GET', `/v1/inventory/${productId}/ledger`)
    expect(ledger.data.slice(1).map(({ change, type }: { change: number; type: string }) => [change, type])).toEqual([
      [4, 'in'],
      [6, 'in'],
    ])
    expect((await find(id)).receipts.map(({ quantity }: { quantity: number }) => quantity)).toEqual([4, 6])
  })

  test('more than was ordered is not counted in', async () => {
    const { id, productId } = await opened(10)
    await receive(id, 8)
    const { status, body } = await receive(id, 3)
    expect([status, body.code]).toEqual([409, 'over_receipt'])
    expect(await stock(productId)).toMatchObject({ on_hand: 13, incoming: 2 })
    expect((await receive(id, 2)).status).toBe(201)
    // Also once its workflow has ended.
    expect((await receive(id, 1)).body.code).toBe('over_receipt')
  })

  test('a delivery that is reported twice under one key is counted once', async () => {
    const { id, productId } = await opened(10)
    const key = newKey()
    const answers = await inParallel(times(6, String), 6, () => receive(id, 5, key))
    expect(tally(answers.map(({ status }) => String(status)))).toEqual({ 201: 6 })
    expect(await stock(productId)).toMatchObject({ on_hand: 10, incoming: 5 })
  })

  test('twenty clerks counting in at once bring in exactly what was ordered', async () => {
    const { id, productId } = await opened(30, 1)
    const answers = await inParallel(times(20, String), 20, () => receive(id, 2))
    expect(tally(answers.map(({ status }) => String(status)))).toEqual({ 201: 15, 409: 5 })
    expect(await stock(productId)).toMatchObject({ on_hand: 31, incoming: 0 })
  })

  test('units that came can be sold', async () => {
    const { id, productId } = await opened(3, 0)
    const customer = await shop.newCustomer()
    expect((await customer.buy([{ product_id: productId, quantity: 1 }])).body.code).toBe('insufficient_stock')
    await receive(id, 3)
    expect((await customer.buy([{ product_id: productId, quantity: 3 }])).status).toBe(201)
  })
})

test('what one supplier does not have, the next one promises, and staff see from whom it comes', async () => {
  const { id: productId } = await shop.newProduct({ onHand: 5 })
  const names = [`half of it ${productId}`, `the rest ${productId}`]
  const patched = await callTo(shop.stack.supplier as string)('PATCH', '/v1/settings', {
    body: { [names[0] as string]: { behaviour: 'confirms_part', part: 0.3 } },
  })
  expect(patched.status).toBe(200)
  const suppliers = await Promise.all(
    names.map(async (name) => (await shop.staff.ask('POST', '/v1/suppliers', { name })).body.id as string),
  )
  const terms = { supplier_sku: 'L-1', lead_time_days: 5, unit_cost: { amount: 950, currency: 'USD' } }
  const set = { suppliers: suppliers.map((supplier_id) => ({ supplier_id, ...terms })) }
  expect((await shop.staff.ask('PUT', `/v1/products/${productId}/suppliers`, set)).status).toBe(200)

  const { status, body } = await open(productId, 10)
  expect(status, JSON.stringify(body)).toBe(201)
  await eventually(async () =>
    expect(await find(body.id)).toMatchObject({
      status: 'confirmed',
      suppliers: [
        { supplier: { name: names[0] }, status: 'confirmed', quantity: 10, confirmed_quantity: 3 },
        { supplier: { name: names[1] }, status: 'confirmed', quantity: 7, confirmed_quantity: 7 },
      ],
    }),
  )
  expect(await stock(productId)).toMatchObject({ incoming: 10, suppliers: [{ supplier_name: names[0] }, {}] })
  expect((await receive(body.id, 10)).body).toMatchObject({ status: 'received' })
})

describe('one at a time', () => {
  test('of ten that are asked for at once, one is opened', async () => {
    const { id: productId } = await shop.newProduct({ onHand: 1 })
    const answers = await inParallel(times(10, String), 10, () => open(productId))
    expect(tally(answers.map(({ status, body }) => String(body.code ?? status)))).toEqual({
      201: 1,
      replenishment_open: 9,
    })
    expect(await stock(productId)).toMatchObject({ incoming: 10 })
  })

  test('the same request again gets the same replenishment', async () => {
    const { id: productId } = await shop.newProduct()
    const key = newKey()
    const answers = await inParallel(times(4, String), 4, () => open(productId, 10, key))
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    const other = await open(productId, 11, key)
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reuse'])
  })

  test('once it is over, the next can be opened', async () => {
    const { id, productId } = await opened(10)
    expect((await open(productId)).body.code).toBe('replenishment_open')
    await receive(id, 10)
    expect((await open(productId, 7)).status).toBe(201)
    const { body } = await shop.staff.ask('GET', `/v1/replenishments?product_id=${productId}`)
    expect(body.data.map(({ status }: { status: string }) => status)).toEqual(['ordered', 'received'])
    const { body: received } = await shop.staff.ask('GET', `/v1/replenishments?product_id=${productId}&status=received`)
    expect(received.data.map((one: { id: string }) => one.id)).toEqual([id])
  })
})

describe('what does not come', () => {
  test('is not waited for after a cancellation, and what came stays', async () => {
    const { id, productId } = await opened(10)
    await receive(id, 4)
    const { status, body } = await cancel(id)
    expect([status, body]).toEqual([200, expect.objectContaining({ status: 'cancelled', cancel_reason: 'not needed' })])
    expect(await stock(productId)).toMatchObject({ on_hand: 9, incoming: 0 })
    expect((await receive(id, 1)).body.code).toBe('invalid_transition')
    expect((await cancel(id)).body.code).toBe('invalid_transition')
  })

  test('calls a person when it is late, until all of it has come', async () => {
    const { id } = await opened(10)
    await eventually(async () => expect((await find(id)).needs_attention).toMatch(/^late: 10 of 10 units/))
    const { body } = await shop.staff.ask('GET', '/v1/replenishments?needs_attention=true')
    expect(body.data.map((one: { id: string }) => one.id)).toContain(id)
    await receive(id, 10)
    expect((await find(id)).needs_attention).toBeUndefined()
  })

  test('races with what comes: the shelf has exactly what was counted in', async () => {
    const { id, productId } = await opened(20, 0)
    const answers = await Promise.all([
      ...times(5, () => receive(id, 2)),
      cancel(id),
      ...times(5, () => receive(id, 2)),
    ])
    const counted = answers.filter(({ status }) => status === 201).length * 2
    expect(await stock(productId)).toMatchObject({ on_hand: counted, incoming: 0 })
  })
})

describe('a shelf that runs low', () => {
  const low = (productId: string, point: number, quantity: number) =>
    shop.staff.ask('PATCH', `/v1/inventory/${productId}`, { reorder_point: point, reorder_quantity: quantity })
  const replenishmentsOf = async (productId: string) =>
    (await shop.staff.ask('GET', `/v1/replenishments?product_id=${productId}`)).body.data

  test('is replenished by itself, at the sale that empties it, once', async () => {
    const { id: productId } = await shop.newProduct({ onHand: 6 })
    await low(productId, 3, 25)
    const customer = await shop.newCustomer()
    await customer.buy([{ product_id: productId, quantity: 2 }])
    expect(await replenishmentsOf(productId)).toEqual([])
    const startedAt = performance.now()
    await Promise.all(times(3, () => customer.buy([{ product_id: productId, quantity: 1 }])))
    await eventually(async () => expect(await stock(productId)).toMatchObject({ incoming: 25 }), 20_000)
    figure(`ordered ${Math.round(performance.now() - startedAt)} ms after the sale began`)
    expect(await replenishmentsOf(productId)).toMatchObject([{ quantity: 25, requested_by: 'shop', status: 'ordered' }])
  })

  test('a sweep opens hundreds, and a second one none again', async () => {
    const ids = await inParallel(times(120, String), 8, async () => (await shop.newProduct({ onHand: 0 })).id)
    // Unheard, as after an outage of the announcements: no trigger fires for what was low from the start.
    await shop.database.query(`alter table stock disable trigger stock_reaches_reorder_point`)
    await shop.database.query('update stock set reorder_point = 5, reorder_quantity = 7 where product_id = any($1)', [
      ids,
    ])
    await shop.database.query(`alter table stock enable trigger stock_reaches_reorder_point`)
    const sweep = () =>
      shop.operator.client.workflow.execute('reorderSweep', {
        workflowId: `reorder-sweep-${newKey()}`,
        taskQueue: 'orders',
        args: [{ lateAfterMs: 3_600_000 }],
      })
    expect(await sweep()).toEqual({ opened: 120 })
    const isAllIncoming = async () => {
      const { rows } = await shop.database.query(
        'select count(*)::int as units from stock where product_id = any($1) and incoming = 7',
        [ids],
      )
      expect(rows).toEqual([{ units: 120 }])
    }
    await eventually(isAllIncoming)
    expect(await sweep()).toEqual({ opened: 0 })
  })

  test('that somebody decided not to fill is left alone for a day', async () => {
    const { id: productId } = await shop.newProduct({ onHand: 1 })
    await low(productId, 1, 5)
    const [{ id }] = await eventually(async () => {
      const found = await replenishmentsOf(productId)
      expect(found).toMatchObject([{ status: 'ordered' }])
      return found
    })
    await cancel(id)
    await shop.operator.client.workflow.execute('reorderSweep', {
      workflowId: `reorder-sweep-${newKey()}`,
      taskQueue: 'orders',
      args: [{ lateAfterMs: 3_600_000 }],
    })
    expect(await replenishmentsOf(productId)).toMatchObject([{ id, status: 'cancelled' }])
  })
})

describe('operators', () => {
  test('count in and cancel by signal; nonsense is noted and harms nothing', async () => {
    const { id, productId } = await opened(10)
    const workflowId = `replenishment-${id}`
    for (const nonsense of [{}, { quantity: -1 }, { quantity: 'ten' }, { quantity: 11 }, ['ten']])
      await shop.operator.signalTo(workflowId, 'receive', nonsense)
    await shop.operator.signalTo(workflowId, 'receive', { quantity: 3, by: 'ware house' })
    await eventually(async () => expect(await stock(productId)).toMatchObject({ on_hand: 8, incoming: 7 }))
    expect((await find(id)).receipts).toMatchObject([{ quantity: 3, received_by: 'ware house' }])
    await shop.operator.signalTo(workflowId, 'cancel', { by: 'ware house', reason: 'sold out for good' })
    await eventually(async () =>
      expect(await find(id)).toMatchObject({ status: 'cancelled', cancelled_by: 'ware house' }),
    )
  })

  test('end it by cancelling the workflow', async () => {
    const { id, productId } = await opened(10)
    await shop.operator.temporal('workflow', 'cancel', '--workflow-id', `replenishment-${id}`)
    await eventually(async () => expect((await find(id)).status).toBe('cancelled'))
    expect(await stock(productId)).toMatchObject({ incoming: 0 })
  })
})

test('what is not there or not allowed is said so', async () => {
  const customer = await shop.newCustomer()
  const { id: productId } = await shop.newProduct()
  const body = { product_id: productId, quantity: 1 }
  expect((await customer.ask('POST', '/v1/replenishments', body, newKey())).status).toBe(403)
  expect((await open('prd_nothing')).body.code).toBe('product_not_found')
  expect((await open('prd_01890000-0000-7000-8000-000000000000')).body.code).toBe('product_not_found')
  expect((await open(productId, 0)).body.code).toBe('invalid_request')
  expect((await receive('po_01890000-0000-7000-8000-000000000000', 1)).body.code).toBe('replenishment_not_found')
  const keyless = await shop.call('POST', '/v1/replenishments', { token: shop.staff.token, body })
  expect(keyless.body.code).toBe('idempotency_key_required')
})

test('a worker that dies while units are counted in counts them once', async () => {
  const { id, productId } = await opened(100, 0)
  const pid = shop.stack.processes.find(({ role }) => role === 'api')?.pid
  const answers = inParallel(times(20, String), 20, async () => {
    const key = newKey()
    return eventually(async () => {
      const answer = await receive(id, 1, key)
      expect(answer.status, JSON.stringify(answer.body)).toBe(201)
    }, 60_000)
  })
  process.kill(pid as number, 'SIGKILL')
  await answers
  expect(await stock(productId)).toMatchObject({ on_hand: 20, incoming: 80 })
})

test('every promise of the shop holds', () => shop.isSound())
