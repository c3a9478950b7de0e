import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../../sandbox/payment-gateway/database.ts'
import { openInbox } from './notice-inbox.ts'
import { eventually, openSandbox, type Sandbox } from './sandbox-process.ts'

let inbox: Awaited<ReturnType<typeof openInbox>>
let sandbox: Sandbox
beforeAll(async () => {
  inbox = await openInbox()
  sandbox = await openSandbox({ webhookUrl: inbox.url })
})
afterAll(async () => {
  await sandbox.close()
  await inbox.close()
})

const newOrder = (token = 'tok_visa') => {
  const orderId = `ord_${randomUUID()}`
  return { orderId, key: `${orderId}:authorize`, amountMinor: 1_000, currency: 'USD', token }
}

test('nothing that was answered is lost when the gateway is killed in the middle of its work', async () => {
  const answered: string[] = []
  const gateway = sandbox.gateway()
  let dying = false
  const shopper = async () => {
    while (!dying) {
      const order = newOrder()
      try {
        const { id: intentId } = await gateway.authorize(order)
        answered.push(`authorization ${order.orderId}`)
        await gateway.capture({ key: `${order.orderId}:capture`, intentId, amountMinor: 1_000 })
        answered.push(`capture ${order.orderId}`)
      } catch {
        return
      }
    }
  }
  const shoppers = Array.from({ length: 8 }, shopper)
  await eventually(() => expect(answered.length).toBeGreaterThan(200))
  await sandbox.killAndRestart()
  dying = true
  await Promise.all(shoppers)

  const written = (await sandbox.ledger()).map((entry) => `${entry.type} ${entry.order_id}`)
  expect(new Set(written).size).toBe(written.length)
  expect(answered.filter((entry) => !written.includes(entry))).toEqual([])
})

test('a dispute that was on its way comes after a restart too', async () => {
  await sandbox.patchSettings({ dispute_delay_ms: 1_500 })
  const order = newOrder('tok_late_decline')
  const { id: intentId } = await sandbox.gateway().authorize(order)
  await sandbox.gateway().capture({ key: `${order.orderId}:capture`, intentId, amountMinor: 1_000 })
  await sandbox.killAndRestart()
  expect((await sandbox.ledger(order.orderId)).map(({ type }) => type)).toEqual(['authorization', 'capture'])
  await eventually(async () =>
    expect((await sandbox.ledger(order.orderId)).map(({ type }) => type)).toContain('dispute'),
  )
  await eventually(() => expect(inbox.about(order.orderId).map(({ type }) => type)).toContain('payment.disputed'))
})

test('a notice the shop has not taken is sent again after a restart, under the same id', async () => {
  inbox.answerWith(() => 503)
  const { orderId } = await sandbox.gateway().authorize(newOrder())
  await eventually(() => expect(inbox.about(orderId)).not.toHaveLength(0))
  await sandbox.killAndRestart()
  const before = inbox.about(orderId).length
  inbox.answerWith(() => 204)
  await eventually(() => expect(inbox.about(orderId).length).toBeGreaterThan(before))
  expect(new Set(inbox.about(orderId).map(({ id }) => id)).size).toBe(1)
})

test('a request in the middle of its work is finished before the gateway stops', async () => {
  await sandbox.patchSettings({ latency_ms: { min: 300, max: 300 } })
  const order = newOrder()
  const call = sandbox.gateway().authorize(order)
  await new Promise((resolve) => setTimeout(resolve, 100)) // the request is on the other side by now
  const stopped = sandbox.stop()
  expect(await call).toMatchObject({ status: 'authorized' })
  expect(await stopped).toBe(0)
  expect(sandbox.stderr).toBe('')
  await sandbox.killAndRestart()
  expect(await sandbox.ledger(order.orderId)).toHaveLength(1)
})

test('a ledger of before disputes could be won is kept to the entry, and takes what is won', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-ledger-'))
  const file = join(folder, 'ledger.db')
  const earlier = openDatabase(file, 'normal')
  earlier.exec(`insert into intents (id, idempotency_key, order_id, token, status, amount, currency, risk_score, created_at)
                values ('pi_1', 'k', 'ord_1', 'tok_visa', 'captured', 100, 'USD', 0, '2026-01-01');
    drop table ledger;
    create table ledger (position integer primary key, id text not null unique,
      type text not null check (type in ('authorization', 'capture', 'void', 'refund', 'dispute')), amount integer not null,
      currency text not null, order_id text not null, intent_id text not null references intents, idempotency_key text,
      created_at text not null) strict;
    create index ledger_by_order on ledger (order_id, position);
    insert into ledger values (7, 'le_1', 'dispute', 100, 'USD', 'ord_1', 'pi_1', null, '2026-01-01')`)
  earlier.close()
  for (const _ of ['changed', 'opened again']) openDatabase(file, 'normal').close()
  const ledger = new DatabaseSync(file)
  ledger.exec(`insert into ledger (id, type, amount, currency, order_id, intent_id, created_at)
               values ('le_2', 'reinstatement', 100, 'USD', 'ord_1', 'pi_1', '2026-01-02')`)
  expect(ledger.prepare('select position, id from ledger order by position').all()).toEqual([
    { position: 7, id: 'le_1' },
    { position: 8, id: 'le_2' },
  ])
  ledger.close()
  rmSync(folder, { recursive: true })
})
