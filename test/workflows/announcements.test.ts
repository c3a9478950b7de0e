import type { PoolClient } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shipUpdate } from '../../workflows/order.messages.ts'
import { isRefused } from '../support/activity-faults.ts'
import { openOrderWorld, type OrderWorld } from '../support/order-world.ts'
import { eventually, type TestOrder } from '../support/test-orders.ts'

let world: OrderWorld
let listener: PoolClient
const announced = new Set<string | undefined>()
beforeAll(async () => {
  world = await openOrderWorld()
  listener = await world.database.connect()
  listener.on('notification', ({ payload }) => announced.add(payload))
  await listener.query('listen outcomes')
})
afterAll(async () => {
  listener?.release(true)
  await world?.close()
})

async function paidOrder(): Promise<TestOrder> {
  const order = await world.checkOut()
  await world.atRest(order)
  return order
}
const waitsForApproval = { approval: { limitMinor: 0, withinMs: 86_400_000, deadlineMs: 86_400_000 } }

const known: [string, () => Promise<string>][] = [
  ['a refund was paid', async () => (await world.refund(await paidOrder(), { amountMinor: 100 })).refundId],
  ['a refund waits for approval', async () => (await world.refund(await paidOrder(), waitsForApproval)).refundId],
  [
    'a refund is more than there is',
    async () => (await world.refund(await paidOrder(), { amountMinor: 1e6 })).refundId,
  ],
  [
    'the gateway refuses a refund',
    async () => {
      const order = await paidOrder()
      world.faults.set(order.orderId, 'payRefund', isRefused)
      return (await world.refund(order)).refundId
    },
  ],
  [
    'units are to come back',
    async () => {
      const order = await paidOrder()
      await world.ask(order, shipUpdate, { carrier: 'DHL', tracking_number: 'JD1', by: 'dock' })
      return (await world.sendBack(order)).returnId
    },
  ],
  ['units cannot come back, as they never left', async () => (await world.sendBack(await paidOrder())).returnId],
  ['units are on order', async () => (await world.replenish()).replenishmentId],
  [
    'units are on order already',
    async () => {
      const first = await world.replenish()
      await eventually(async () => expect((await world.shelf(first)).status).toBe('ordered'))
      return (await world.replenish({ productId: first.productId })).replenishmentId
    },
  ],
]

describe.concurrent('whoever asked and waits is told at once when', () => {
  test.each(known)('%s', async (_, ask) => {
    const id = await ask()
    await eventually(() => expect(announced).toContain(id))
  })
})
