import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Client } from '@temporalio/client'
import { Worker } from '@temporalio/worker'
import { activityBoundary } from '../../activities/boundary.ts'
import { createWebhookActivities } from '../../activities/webhooks.ts'
import { webhookQueueOf, webhookWorkflowId } from '../../domain/ids.ts'
import { createWebhookSender } from '../../gateways/webhooks/sender.ts'
import { newId } from '../../store/ids.ts'
import { updateProduct } from '../../store/products.ts'
import {
  createEndpoint,
  deleteEndpoint,
  findDelivery,
  listDeliveries,
  redeliver,
  fanOutNewEvents,
} from '../../store/webhooks/index.ts'
import { type Effect, troubles } from '../support/activity-faults.ts'
import { openOrderWorld, type OrderWorld } from '../support/order-world.ts'
import { addProduct } from '../support/shop-api.ts'
import { openTimeSkippingServer, type TimeSkippingEngine } from '../support/time-skipping-server.ts'
import { openReceiver, verified } from '../support/webhook-receiver.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

let engine: TimeSkippingEngine
/** Waits for results without letting time go by. */
let client: Client
let world: OrderWorld
let sending: Worker
let over: Promise<void>
beforeAll(async () => {
  engine = await openTimeSkippingServer()
  client = new Client({ connection: engine.client.connection, namespace: engine.namespace })
  world = await openOrderWorld({ engine: async () => engine })
  const webhooks = createWebhookSender({ allowPrivate: true })
  const { sendWebhook } = createWebhookActivities({ database: world.database, webhooks })
  sending = await Worker.create({
    connection: engine.connection,
    namespace: engine.namespace,
    taskQueue: webhookQueueOf(world.taskQueue),
    activities: { sendWebhook },
    interceptors: { activity: [activityBoundary, world.faults.interceptor] },
    maxConcurrentActivityTaskExecutions: 100,
    shutdownGraceTime: 0,
    shutdownForceTime: '10s',
  })
  over = sending.run()
})
afterAll(async () => {
  sending?.shutdown()
  await over?.catch(() => {})
  await world?.close()
})

/** An endpoint that hears of one product, and the delivery of its one change. */
async function changed() {
  const { database } = world
  const receiver = await openReceiver()
  const endpointId = newId('whk')
  const { secret } = await createEndpoint(database, {
    ...{ id: endpointId, url: receiver.url, events: ['product.updated'], createdBy: 'staff' },
  })
  const productId = await addProduct(database)
  await updateProduct(database, productId, { name: 'Another name' })
  return { receiver, endpointId, secret, eventId: `${productId}:product.updated:2` }
}
type Changed = Awaited<ReturnType<typeof changed>>

async function deliveryOf({ endpointId, eventId }: Changed) {
  const found = await listDeliveries(world.database, { endpointId, status: undefined, before: undefined, limit: 100 })
  const delivery = found.find((each) => each.eventId === eventId)
  if (!delivery) throw new Error(`${eventId} has no delivery`)
  return delivery
}

/** Starts the delivery without a sweep. */
async function carry(to: Changed, { round = 1, beforeStart = (_deliveryId: string) => {} } = {}) {
  const { id: deliveryId } = await vi.waitFor(
    async () => {
      await fanOutNewEvents(world.database)
      return deliveryOf(to)
    },
    { timeout: 20_000 },
  )
  beforeStart(deliveryId)
  await client.workflow.start('webhookDelivery', {
    workflowId: webhookWorkflowId({ ...to, round }),
    taskQueue: world.taskQueue,
    args: [{ deliveryId, round, giveUpAfterMs: 3 * DAY_MS }],
  })
  return deliveryId
}

const sweep = (workflowId: string) =>
  client.workflow.execute('eventSweep', {
    workflowId,
    taskQueue: world.taskQueue,
    args: [{ isThorough: true, giveUpAfterMs: 3 * DAY_MS }],
  })

const endOf = async (of: Changed, round = 1) => {
  await client.workflow.getHandle(webhookWorkflowId({ ...of, round })).result()
  return deliveryOf(of)
}

const gone = async ({ endpointId, receiver }: Changed) => {
  await deleteEndpoint(world.database, endpointId)
  receiver.close()
}

describe('a webhook', () => {
  test('that is answered 500 is sent again under the same id, until it is taken', async () => {
    const to = await changed()
    to.receiver.answers((n) => (n < 4 ? 500 : 200))
    await carry(to)
    await engine.skip(2 * MINUTE_MS)
    expect(await endOf(to)).toMatchObject({ status: 'delivered', attempts: 4 })
    const ids = to.receiver.of(to.eventId).map(({ headers }) => headers['webhook-id'])
    expect(ids).toHaveLength(4)
    expect(new Set(ids).size).toBe(1)
    expect((await deliveryOf(to)).log.map(({ status }) => status)).toEqual(expect.arrayContaining([500, 200]))
    await gone(to)
  })

  test('that nobody takes for three days is a dead letter for a person, who can have it delivered', async () => {
    const to = await changed()
    to.receiver.answers(() => 503)
    await carry(to)
    await engine.skip(3.1 * DAY_MS)
    const dead = await endOf(to)
    expect(dead).toMatchObject({ status: 'dead', needsAttention: expect.stringMatching(/^not delivered: .*503/) })
    // At once, then after 5 s, 15 s, …, and every four hours: about two dozen.
    expect(dead.attempts).toBeGreaterThan(15)
    expect(dead.attempts).toBeLessThan(40)

    to.receiver.answers(() => 200)
    await redeliver(world.database, dead.id)
    await carry(to, { round: 2 })
    expect(await endOf(to, 2)).toMatchObject({ status: 'delivered', round: 2, needsAttention: null })
    await gone(to)
  })

  test('that is answered 410 is the last one this endpoint is sent', async () => {
    const to = await changed()
    to.receiver.answers(() => 410)
    await carry(to)
    expect(await endOf(to)).toMatchObject({ status: 'cancelled', attempts: 1 })
    const { rows } = await world.database.query('select status, disabled_reason from webhook_endpoints where id = $1', [
      to.endpointId,
    ])
    expect(rows).toEqual([{ status: 'disabled', disabled_reason: 'It answered 410 Gone' }])
    await gone(to)
  })

  test('to an endpoint that was deleted meanwhile is not sent', async () => {
    const to = await changed()
    to.receiver.answers(() => 500)
    const id = await carry(to)
    await vi.waitFor(async () => expect((await deliveryOf(to)).attempts).toBe(1), { timeout: 60_000 })
    await deleteEndpoint(world.database, to.endpointId)
    expect(await findDelivery(world.database, { id, endpointId: to.endpointId })).toMatchObject({ status: 'cancelled' })
    await engine.skip(MINUTE_MS)
    await client.workflow.getHandle(webhookWorkflowId({ ...to, round: 1 })).result()
    expect(to.receiver.of(to.eventId)).toHaveLength(1)
    to.receiver.close()
  })
})

describe('whatever goes wrong with one effect of a delivery, it ends as it would have', () => {
  /** Each is failed before and failed after, once and for long. */
  const effects: Effect[] = ['sendWebhook', 'closeDelivery']
  const cases = effects.flatMap((effect) =>
    troubles.filter(({ fault }) => fault.startsWith('fails')).map((each) => ({ effect, ...each })),
  )
  const ends = new Map<string, { to: Changed; id: string }>()
  const nameOf = ({ effect, fault, extent }: (typeof cases)[number]) => `${effect} ${fault}, ${extent}`

  /** All at once: the days go by for all of them together. */
  beforeAll(async () => {
    for (const each of cases) {
      const to = await changed()
      if (each.effect === 'closeDelivery') to.receiver.answers(() => 500)
      const id = await carry(to, { beforeStart: (id) => world.faults.set(id, each.effect, each.trouble) })
      ends.set(nameOf(each), { to, id })
    }
    await engine.skip(3.1 * DAY_MS)
  })

  test.each(cases)('$effect $fault, $extent', async (each) => {
    const { to, id } = ends.get(nameOf(each))!
    const delivery = await endOf(to)
    expect(delivery.status).toBe(each.effect === 'closeDelivery' ? 'dead' : 'delivered')
    expect(world.faults.attempts(id, each.effect)).toBeGreaterThan(each.extent === 'once' ? 1 : 2)
    expect(new Set(to.receiver.of(to.eventId).map(({ headers }) => headers['webhook-id']))).toEqual(new Set([id]))
    await gone(to)
  })
})

describe('a sweep', () => {
  test('has each event delivered once, however many sweeps find it, with a signature of the secret', async () => {
    const to = await changed()
    await Promise.all([1, 2, 3].map((n) => sweep(`look-${n}-${to.endpointId}`)))
    expect(await endOf(to)).toMatchObject({ status: 'delivered', attempts: 1, round: 1 })
    await sweep(`look-4-${to.endpointId}`)
    expect(to.receiver.of(to.eventId)).toHaveLength(1)
    const [received] = to.receiver.of(to.eventId)
    expect(verified(received!, to.secret)).toMatchObject({
      id: to.eventId,
      type: 'product.updated',
      data: { name: 'Another name' },
    })
    expect(() => verified(received!, `whsec_${'A'.repeat(43)}=`)).toThrow(/signature/)
    await gone(to)
  })

  test('that is thorough delivers an event that was missed when it had its turn', async () => {
    const to = await changed()
    await world.database.query('update webhook_cursor set sequence = (select max(sequence) from events)')
    await world.database.query('delete from webhook_deliveries where endpoint_id = $1 and not is_started', [
      to.endpointId,
    ])
    await sweep(`look-again-${to.endpointId}`)
    expect(await endOf(to)).toMatchObject({ status: 'delivered' })
    await gone(to)
  })

  test('that starts many deliveries has as short a history as one that starts few', async () => {
    const to = await changed()
    const endpoints = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const id = newId('whk')
        await createEndpoint(world.database, {
          ...{ id, url: to.receiver.url, events: ['product.updated'], createdBy: 'staff' },
        })
        return id
      }),
    )
    const productId = await addProduct(world.database)
    await updateProduct(world.database, productId, { name: 'Yet another name' })
    const workflowId = `look-at-many-${to.endpointId}`
    await sweep(workflowId)
    // Each child would have been three events more, and a task for each that began or ended.
    const { historyLength } = await client.workflow.getHandle(workflowId).describe()
    expect(historyLength).toBeLessThan(60)
    const eventId = `${productId}:product.updated:2`
    for (const endpointId of endpoints)
      await client.workflow.getHandle(webhookWorkflowId({ endpointId, eventId, round: 1 })).result()
    expect(to.receiver.of(eventId).length).toBeGreaterThanOrEqual(endpoints.length)
    await Promise.all(endpoints.map((id) => deleteEndpoint(world.database, id)))
    await gone(to)
  })

  describe.each(['fanOutEvents', 'startDeliveries'] as const)('starts each delivery once, though %s', (effect) => {
    test.each(troubles.filter(({ fault }) => fault.startsWith('fails')))('$fault, $extent', async ({ trouble }) => {
      const to = await changed()
      const workflowId = `look-in-trouble-${to.endpointId}`
      world.faults.set(workflowId, effect, trouble)
      await sweep(workflowId)
      expect(await endOf(to)).toMatchObject({ status: 'delivered', attempts: 1 })
      expect(world.faults.attempts(workflowId, effect)).toBeGreaterThan(1)
      await gone(to)
    })
  })
})

test('after all of it, no promise about webhooks is broken', async () => {
  await sweep('look-at-last')
  const broken = await world.brokenInvariants()
  expect(broken.filter(({ name }) => name.includes('deliver') || name.includes('endpoint'))).toEqual([])
})
