import { afterAll, beforeAll, expect, test } from 'vitest'
import { GatewayUnavailable } from '../../gateways/unavailable.ts'
import { openSupplierSandbox, type SupplierSandbox } from './supplier-process.ts'

let sandbox: SupplierSandbox
beforeAll(async () => {
  sandbox = await openSupplierSandbox()
})
afterAll(() => sandbox?.close())

let keys = 0
const wish = (supplierName: string) => ({
  key: `po_test:supplier:${++keys}`,
  ...{
    supplierId: `sup_${supplierName}`,
    supplierName,
    sku: 'LAMP-1',
    quantity: 10,
    unitCostMinor: 950,
    currency: 'USD',
  },
})

test('an order is promised in full, or a part of it, or refused, as the supplier is today', async () => {
  await sandbox.become({
    Half: { behaviour: 'confirms_part', part: 0.4 },
    Empty: { behaviour: 'refuses' },
    Quiet: { behaviour: 'never_answers' },
  })
  const gateway = sandbox.gateway()
  expect(await gateway.place(wish('Good'))).toMatchObject({ status: 'confirmed', confirmedQuantity: 10 })
  expect(await gateway.place(wish('Half'))).toMatchObject({ status: 'confirmed', confirmedQuantity: 4 })
  expect(await gateway.place(wish('Empty'))).toMatchObject({ status: 'refused', reason: 'sold_out' })
  const quiet = wish('Quiet')
  expect(await gateway.place(quiet)).toMatchObject({ status: 'received' })
  await sandbox.become({ Quiet: { behaviour: 'confirms' } })
  expect(await gateway.place(quiet)).toMatchObject({ status: 'confirmed' })
})

test('one key is one order and one reminder key one reminder, also after the supplier was killed', async () => {
  const order = wish('Durable')
  const first = await sandbox.gateway().place(order)
  for (const reminderKey of ['once', 'once', 'twice'])
    await sandbox.gateway().remind({ ...order, reminderKey, about: 'delivery' })
  await sandbox.killAndRestart()
  expect(await sandbox.gateway().place(order)).toEqual(first)
  const found = await sandbox.orders('Durable')
  expect(found).toHaveLength(1)
  expect(found[0].reminders.map(({ about }: { about: string }) => about)).toEqual(['delivery', 'delivery'])
  const other = await sandbox.gateway().place({ ...order, quantity: 11 })
  expect(other).toMatchObject({ status: 'refused', reason: 'idempotency_key_reused' })
})

test('what was withdrawn is never promised, not even when the order comes after its withdrawal', async () => {
  const [before, late] = [wish('Good'), wish('Good')]
  await sandbox.gateway().place(before)
  expect(await sandbox.gateway().withdraw(before)).toMatchObject({ status: 'withdrawn' })
  expect(await sandbox.gateway().place(before)).toMatchObject({ status: 'withdrawn' })
  await sandbox.gateway().withdraw(late)
  expect(await sandbox.gateway().place(late)).toMatchObject({ status: 'withdrawn' })
})

test('a reminder of an order that has not come decides nothing', async () => {
  const reminder = { ...wish('Good'), reminderKey: 'first', about: 'answer' } as const
  expect(await sandbox.gateway().remind(reminder)).toMatchObject({ status: 'received' })
})

test('an answer that was lost is heard by asking again, and silence is the trouble of the caller for its time only', async () => {
  await sandbox.become({ Forgetful: { lose_answers: 1 }, Away: { is_away: true } })
  const order = wish('Forgetful')
  await expect(sandbox.gateway(300).place(order)).rejects.toThrow(GatewayUnavailable)
  expect(await sandbox.gateway().place(order)).toMatchObject({ status: 'confirmed' })
  await expect(sandbox.gateway(300).place(wish('Away'))).rejects.toThrow(GatewayUnavailable)
  expect(await sandbox.orders('Away')).toEqual([])
})
