import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { execa } from 'execa'
import { fileURLToPath } from 'node:url'
import { indexName } from '../../store/search-index.ts'
import { inParallel, times } from '../../shopper/http.ts'
import type { Customer } from '../../shopper/people.ts'
import { eventually, newKey, openShop, type Shop } from './shop.ts'

let shop: Shop
let customer: Customer
let product: { id: string; name: string }
let canSearch = true
beforeAll(async () => {
  const onLine = (line: string) => void (canSearch &&= !line.startsWith('- OpenSearch'))
  shop = await openShop({ without: [], onLine, env: { RECONCILIATION_SETTLE_MS: '1500' } })
  if (canSearch) await eventually(() => expect(shop.stack.opensearch).toBeDefined(), 150_000)
  customer = await shop.newCustomer()
  product = await shop.newProduct({ onHand: 1_000 })
}, 300_000)
afterAll(() => shop?.close())

const read = async (query = '') => (await shop.staff.ask('GET', `/v1/admin/reconciliation?${query}`)).body
const findingsOf = async (subject: string) =>
  ((await read('limit=100')).data as { subject: string }[]).filter((finding) => finding.subject === subject)

/** Compares everything now and waits for the end. */
async function reconcile() {
  const { status, body } = await shop.staff.ask('POST', '/v1/admin/reconciliation')
  expect(status).toBe(202)
  return eventually(async () => {
    const { run } = await read(`run_id=${body.run_id}`)
    expect(run.status).toBe('finished')
    return run as { id: string; found: number; repaired: number; open: number; skipped: { name: string }[] }
  }, 60_000)
}

const bought = async (purchase = {}) => {
  const { status, body } = await customer.buy(product, purchase)
  expect([201, 202]).toContain(status)
  return body.id as string
}

describe('books that agree', () => {
  test('are compared whole, and nothing is found', async () => {
    await bought()
    await shop.isSound()
    const run = await reconcile()
    expect(run).toMatchObject({ found: 0, repaired: 0, open: 0 })
    expect(run.skipped.filter(({ name }) => canSearch || !name.startsWith('index_'))).toEqual([])
  })

  test('are left alone in the middle of the traffic', async () => {
    const shoppers = await shop.newCustomers(4)
    const rush = inParallel(times(60, newKey), 4, (key, n) => shoppers[n % 4]!.buy(product, { key }))
    const runs = await Promise.all([reconcile(), reconcile()])
    await rush
    expect(runs.map(({ repaired, open }) => [repaired, open])).toEqual([
      [0, 0],
      [0, 0],
    ])
  })

  test('are nobody else’s business', async () => {
    expect((await customer.ask('GET', '/v1/admin/reconciliation')).status).toBe(403)
    expect((await customer.ask('POST', '/v1/admin/reconciliation')).status).toBe(403)
    expect((await read('run_id=rec_nobody')).code).toBe('not_found')
  })
})

describe('what is safe to mend is mended', () => {
  test('a reservation that somebody deleted is written again, and its order goes on', async () => {
    const orderId = await bought({ token: 'tok_review' })
    const paidId = await bought()
    await shop.isSound()
    await shop.database.query('delete from reservations where order_id = any($1::text[])', [[orderId, paidId]])
    expect(await reconcile()).toMatchObject({ open: 0 })
    expect(await findingsOf(orderId)).toMatchObject([
      { check: 'reservation_agrees_with_order', status: 'repaired', remedy: 'restore_reservations' },
    ])
    expect(await findingsOf(paidId)).toMatchObject([{ status: 'repaired' }])
    await shop.isSound()
    expect((await shop.staff.ask('POST', `/v1/orders/${orderId}/approve`, {})).status).toBe(201)
    await customer.becomes(orderId, 'paid', 'captured')
    await shop.isSound()
  })

  test('units that stay promised to a cancelled order are released', async () => {
    const orderId = await bought({ token: 'tok_review' })
    expect((await customer.cancel(orderId)).status).toBe(200)
    await shop.isSound()
    await shop.database.query(`update reservations set state = 'active' where order_id = $1`, [orderId])
    await shop.database.query('update stock set reserved = reserved + 1 where product_id = $1', [product.id])
    expect(await reconcile()).toMatchObject({ open: 0 })
    expect(await findingsOf(orderId)).toMatchObject([{ status: 'repaired', remedy: 'release_reservations' }])
    await shop.isSound()
  })

  test('money that is held for no order of ours is let go, once', async () => {
    const orderId = 'ord_nobody-knows-this'
    const held = await shop.gateway('POST', '/v1/payment_intents', {
      key: newKey(),
      body: { amount: 1_999, currency: 'USD', token: 'tok_visa', order_id: orderId },
    })
    expect(held.status).toBe(201)
    const runs = await Promise.all([reconcile(), reconcile()])
    // The one that ends first may find it open still: the other is at it.
    for (const { id } of runs) expect((await read(`run_id=${id}`)).run.open).toBe(0)
    expect(await shop.movesOf(orderId)).toEqual(['authorization', 'void'])
    const mended = await findingsOf(held.body.id)
    expect(mended).toMatchObject([
      { check: 'hold_ends_with_its_order', status: 'repaired', action: 'The hold was let go' },
    ])
    await shop.isSound()
  })

  test('an event that is missing is told', async () => {
    const orderId = await bought()
    await shop.isSound()
    await shop.database.query(`delete from events where id = $1 || ':order.paid'`, [orderId])
    expect(await reconcile()).toMatchObject({ open: 0 })
    expect(await findingsOf(orderId)).toMatchObject([{ status: 'repaired', action: 'order.paid was published' }])
    await shop.isSound()
  })

  test('a request that nobody began with is given up, and its repeat is told that nothing was charged', async () => {
    const key = newKey()
    const orderId = await bought({ key })
    await shop.isSound()
    // As if everything had stopped right after it was taken down.
    const lost = orderId.replace(/.{4}$/, 'dead')
    await shop.database.query(
      `insert into checkouts select $2, user_id, product_ids, quantities, payment_method, payment_token, capture,
              shipping_address, billing_address, 'received', null, created_at - interval '2 hours', now()
         from checkouts where order_id = $1`,
      [orderId, lost],
    )
    const taken = `insert into idempotency_keys (user_id, route, key, fingerprint, resource_id, created_at)
      select user_id, route, key || '-lost', fingerprint, $2, (select created_at from checkouts where order_id = $2)
        from idempotency_keys where resource_id = $1 and route = 'POST /v1/orders'`
    await shop.database.query(taken, [orderId, lost])
    expect(await reconcile()).toMatchObject({ open: 0 })
    expect(await findingsOf(lost)).toMatchObject([{ check: 'every_checkout_is_decided', status: 'repaired' }])
    const repeated = await customer.buy(product, { key: `${key}-lost` })
    expect([repeated.status, repeated.body.code]).toEqual([402, 'payment_unavailable'])
    expect(await shop.movesOf(lost)).toEqual([])
    await shop.isSound()
  })

  test('a search index that was dropped is filled again', async ({ skip }) => {
    skip(!canSearch, 'OpenSearch cannot be had on this machine')
    await fetch(new URL(`/${indexName()}`, shop.stack.opensearch), { method: 'DELETE' })
    await reconcile()
    await eventually(async () => expect((await read('status=open')).data).toEqual([]))
    expect((await findingsOf('search index'))[0]).toMatchObject({ remedy: 'index_again' })
    await eventually(async () => {
      const { body } = await shop.call('GET', `/v1/search?q=${encodeURIComponent(product.name)}`)
      expect([body.engine, body.data.length > 0]).toEqual(['opensearch', true])
    })
    await shop.isSound()
  })

  test('a process that dies in the middle of it leaves nothing half done', async () => {
    const orderId = await bought()
    await shop.isSound()
    await shop.database.query('delete from reservations where order_id = $1', [orderId])
    const run = reconcile().catch(() => {}) // the request may die with the process
    await shop.kill('api')
    await run
    await shop.whenUp('api')
    await reconcile()
    expect(await findingsOf(orderId)).toMatchObject([{ status: 'repaired' }])
    await shop.isSound()
  })
})

describe('what is not safe to mend calls a person', () => {
  test('an order whose workflow was terminated is named until it is looked after again', async () => {
    const orderId = await bought()
    await shop.isSound()
    const workflow = ['--workflow-id', `order-${orderId}`]
    await shop.operator.temporal('workflow', 'terminate', ...workflow, '--reason', 'a slip')
    await eventually(async () => expect(await shop.operator.statusOf(orderId)).toBe('TERMINATED'))
    // The list of workflows follows the engine in a moment.
    await eventually(async () => {
      await reconcile()
      expect(await findingsOf(orderId)).toMatchObject([
        {
          check: 'every_open_order_is_looked_after',
          status: 'open',
          remedy: null,
          cause: expect.stringMatching(/terminated/),
        },
      ])
    }, 60_000)
    expect((await customer.order(orderId)).needs_attention).toMatch(/no workflow is running for it/)

    await shop.operator.temporal('workflow', 'reset', ...workflow, '--type', 'LastWorkflowTask', '--reason', 'a slip')
    await eventually(async () => {
      await reconcile()
      expect(await findingsOf(orderId)).toMatchObject([{ status: 'gone' }])
    }, 60_000)
    expect((await shop.staff.ask('POST', `/v1/orders/${orderId}/resolve`, {})).status).toBe(201)
    await shop.isSound()
  })

  test('money that was taken for no order of ours is named, and stays named', async () => {
    const orderId = 'ord_charged-for-nothing'
    const body = { amount: 4_200, currency: 'USD', token: 'tok_visa', order_id: orderId }
    const held = await shop.gateway('POST', '/v1/payment_intents', { key: newKey(), body })
    await shop.gateway('POST', `/v1/payment_intents/${held.body.id}/capture`, {
      key: newKey(),
      body: { amount: 4_200 },
    })
    const run = await reconcile()
    expect(run.open).toBeGreaterThan(0)
    const { data } = await read('status=open')
    expect(data.map(({ check }: { check: string }) => check)).toContain('no_charge_without_an_order')
    expect(data[0]).toMatchObject({ action: 'The money was taken: refund it at the gateway, or find its order' })
    expect(await shop.movesOf(orderId)).toEqual(['authorization', 'capture'])

    expect(await reconcile()).toMatchObject({ found: 0, open: run.open })
    const metrics = await (await fetch(new URL('/metrics', shop.api))).text()
    expect(metrics).toMatch(new RegExp(`holdfast_reconciliation_open_findings ${run.open}`))

    const program = fileURLToPath(new URL('../../cli/reconcile.ts', import.meta.url))
    const { exitCode, stdout } = await execa(process.execPath, [program, '--data', shop.dataDir], { reject: false })
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/✗ open {2}no_charge_without_an_order {2}.*4200 USD for ord_charged-for-nothing/)
    expect(stdout).toMatch(new RegExp(`${run.open} open\\.$`))
  })
})
