import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { topics } from '../../domain/events.ts'
import { openReceiver, verified } from '../support/webhook-receiver.ts'
import { eventually, openShop, type Shop } from './shop.ts'

const program = fileURLToPath(new URL('../../cli/holdfast.ts', import.meta.url))

let shop: Shop
let redis: Redis
let receiver: Awaited<ReturnType<typeof openReceiver>>
beforeAll(async () => {
  receiver = await openReceiver()
  shop = await openShop({ env: { WEBHOOK_ALLOW_PRIVATE: 'yes' } })
  redis = new Redis(shop.stack.redis as string)
})
afterAll(async () => {
  redis?.disconnect()
  await shop?.close()
  receiver?.close()
})

const holdfast = (...args: string[]) =>
  execa(process.execPath, [program, '--data', shop.dataDir, ...args], { reject: false })

async function sold(quantity = 1, onHand = 10): Promise<{ orderId: string; productId: string }> {
  const customer = await shop.newCustomer()
  const { id: productId } = await shop.newProduct({ onHand })
  const { status, body } = await customer.buy([{ product_id: productId, quantity }])
  expect(status, JSON.stringify(body)).toBe(201)
  return { orderId: body.id, productId }
}

const inStreams = async (): Promise<string[]> => {
  const pages = await Promise.all(topics.map((topic) => redis.xrange(`holdfast:events:${topic}`, '-', '+')))
  return pages.flat().map(([, fields]) => fields[fields.indexOf('id') + 1] as string)
}

const newEndpoint = async (events: string[]) => {
  const { status, body } = await shop.staff.ask('POST', '/v1/webhook-endpoints', { url: receiver.url, events })
  expect(status, JSON.stringify(body)).toBe(201)
  return body as { id: string; secret: string }
}

/** Reads events of the live stream until `isEnough`, and leaves. */
async function follow(lastEventId: string | undefined, isEnough: (ids: string[]) => boolean) {
  const leave = new AbortController()
  const response = await fetch(new URL('/v1/events', shop.api), {
    headers: {
      authorization: `Bearer ${shop.staff.token}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    signal: AbortSignal.any([leave.signal, AbortSignal.timeout(60_000)]),
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const heard: { place: string; id: string; type: string }[] = []
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    const parts = text.split('\n\n')
    text = parts.pop() as string
    for (const part of parts) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1] ?? ''
      if (field('data')) heard.push({ place: field('id'), id: JSON.parse(field('data')).id, type: field('event') })
    }
    if (isEnough(heard.map(({ id }) => id))) break
  }
  leave.abort()
  return heard
}

describe('every business fact is told once', () => {
  test('from the sale to the delivery, in the order in which it came true, with the turns of the order', async () => {
    const { orderId } = await sold()
    await shop.staff.ship(orderId)
    await shop.staff.deliver(orderId)
    const told = ['created', 'paid', 'status_updated:paid', 'payment.success', 'shipped', 'status_updated:shipped']
    await eventually(async () => {
      const { body } = await shop.staff.ask('GET', `/v1/admin/events?aggregate_id=${orderId}`)
      expect(body.data.map(({ id }: { id: string }) => id.slice(orderId.length + 1)).reverse()).toEqual(
        [...told, 'delivered', 'status_updated:delivered', 'completed'].map((what) =>
          what.startsWith('payment') ? what : `order.${what}`,
        ),
      )
    })
    await eventually(async () => {
      const ids = (await inStreams()).filter((id) => id.startsWith(`${orderId}:order.`))
      expect(ids.at(-1)).toBe(`${orderId}:order.completed`)
    })
  })

  test('an order that fails, a shelf that runs low and a product that changes', async () => {
    const customer = await shop.newCustomer()
    const { id: productId } = await shop.newProduct({ onHand: 1 })
    const { body } = await customer.buy([{ product_id: productId, quantity: 1 }], { token: 'tok_declined' })
    await shop.staff.ask('PATCH', `/v1/products/${productId}`, { name: 'Renamed lamp' })
    await shop.staff.ask('PATCH', `/v1/products/${productId}`, { name: 'Renamed lamp' })
    await eventually(async () => {
      const ids = await inStreams()
      expect(ids).toEqual(
        expect.arrayContaining([`${body.order_id}:order.failed`, `${body.order_id}:inventory.released`]),
      )
      expect(ids.filter((id) => id.startsWith(`${productId}:inventory.low:`))).toHaveLength(1)
      expect(ids.filter((id) => id.startsWith(`${productId}:product.updated:`))).toHaveLength(1)
    })
  })
})

describe('the live stream', () => {
  test('goes on where a console left it, without a hole and without a double', async () => {
    const { body: before } = await shop.staff.ask('GET', '/v1/admin/events?limit=1')
    const { orderId } = await sold()
    const isPaid = (ids: string[]) => ids.includes(`${orderId}:payment.success`)
    const all = await follow(String(before.data[0].sequence), isPaid)
    const ids = all.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toEqual(expect.arrayContaining([`${orderId}:order.created`, `${orderId}:order.paid`]))
    const half = Math.floor(all.length / 2)
    expect((await follow(all[half - 1]?.place, isPaid)).map(({ id }) => id)).toEqual(ids.slice(half))
    expect((await follow(ids[half - 1], isPaid)).map(({ id }) => id)).toEqual(ids.slice(half))
  })

  test('tells a console of what happens while it listens', async () => {
    const { body: before } = await shop.staff.ask('GET', '/v1/admin/events?limit=1')
    let orderId: string | undefined
    const listening = follow(String(before.data[0].sequence), (ids) => ids.includes(`${orderId}:order.created`))
    orderId = (await sold()).orderId
    expect((await listening).some(({ type }) => type === 'order.created')).toBe(true)
  })

  test('is for staff, and knows its own ids', async () => {
    const customer = await shop.newCustomer()
    expect((await customer.ask('GET', '/v1/events')).status).toBe(403)
    const odd = await shop.call('GET', '/v1/events', {
      token: shop.staff.token,
      headers: { 'last-event-id': 'nobody:nothing' },
    })
    expect([odd.status, odd.body.code]).toEqual([400, 'malformed_request'])
  })
})

describe('webhooks', () => {
  test('a sale reaches an endpoint once, signed, and its delivery is in the log', async () => {
    const endpoint = await newEndpoint(['order.paid'])
    const { orderId } = await sold()
    const eventId = `${orderId}:order.paid`
    await eventually(() => expect(receiver.of(eventId)).toHaveLength(1))
    const [received] = receiver.of(eventId)
    expect(verified(received!, endpoint.secret)).toMatchObject({
      id: eventId,
      type: 'order.paid',
      data: { order_id: orderId, status: 'paid' },
    })
    await eventually(async () => {
      const { body } = await shop.staff.ask('GET', `/v1/webhook-endpoints/${endpoint.id}/deliveries`)
      expect(body.data).toMatchObject([{ event_id: eventId, status: 'delivered', attempts: 1, log: [{ status: 204 }] }])
    })
    const { body: list } = await shop.staff.ask('GET', '/v1/webhook-endpoints')
    expect(JSON.stringify(list)).not.toContain('whsec_')
    await shop.staff.ask('DELETE', `/v1/webhook-endpoints/${endpoint.id}`)
  })

  test('while a secret is rotated both sign, and what was delivered can be had again', async () => {
    const endpoint = await newEndpoint(['order.created'])
    const { body: rotated } = await shop.staff.ask('POST', `/v1/webhook-endpoints/${endpoint.id}/rotate-secret`)
    expect(rotated.secret).not.toBe(endpoint.secret)
    const { orderId } = await sold()
    const eventId = `${orderId}:order.created`
    await eventually(() => expect(receiver.of(eventId)).toHaveLength(1))
    for (const secret of [endpoint.secret, rotated.secret]) verified(receiver.of(eventId)[0]!, secret)

    const deliveries = `/v1/webhook-endpoints/${endpoint.id}/deliveries`
    const delivery = await eventually(async () => {
      const { body } = await shop.staff.ask('GET', `${deliveries}?status=delivered`)
      expect(body.data).toHaveLength(1)
      return body.data[0]
    })
    const { status } = await shop.staff.ask('POST', `${deliveries}/${delivery.id}/redeliver`)
    expect(status).toBe(202)
    await eventually(() => expect(receiver.of(eventId)).toHaveLength(2))
    expect(new Set(receiver.of(eventId).map(({ headers }) => headers['webhook-id']))).toEqual(new Set([delivery.id]))
    await shop.staff.ask('DELETE', `/v1/webhook-endpoints/${endpoint.id}`)
  })

  test('deleting an endpoint ends what was under way to it, in the engine as well', async () => {
    receiver.answers(() => 500)
    const endpoint = await newEndpoint(['order.created'])
    const { orderId } = await sold()
    await eventually(() => expect(receiver.of(`${orderId}:order.created`)).not.toHaveLength(0))
    expect((await shop.staff.ask('DELETE', `/v1/webhook-endpoints/${endpoint.id}`)).status).toBe(204)
    receiver.answers(() => 204)
    await eventually(async () => {
      const { rows } = await shop.database.query(
        'select distinct status from webhook_deliveries where endpoint_id = $1',
        [endpoint.id],
      )
      expect(rows).toEqual([{ status: 'cancelled' }])
    })
    expect((await shop.staff.ask('GET', `/v1/webhook-endpoints/${endpoint.id}/deliveries`)).status).toBe(404)
  })
})

describe('a flushed Redis', () => {
  test('is given everything again by npm run holdfast -- events replay, or what an operator names', async () => {
    const { orderId } = await sold()
    await eventually(async () => expect(await inStreams()).toContain(`${orderId}:payment.success`))
    await redis.flushall()
    expect(await inStreams()).toEqual([])
    const some = await holdfast('events', 'replay', '--about', orderId, '--topic', 'order')
    expect(some.exitCode, some.stderr).toBe(0)
    expect(await inStreams()).toEqual(
      ['created', 'paid', 'status_updated:paid'].map((what) => `${orderId}:order.${what}`),
    )
    const all = await holdfast('events', 'replay')
    expect(all.exitCode, all.stderr).toBe(0)
    const { rows } = await shop.database.query<{ id: string }>('select id from events')
    expect(new Set(await inStreams())).toEqual(new Set(rows.map(({ id }) => id)))
    expect((await holdfast('events', 'list', '--about', orderId)).stdout).toContain(`${orderId}:order.paid`)
  })
})

test('after all of it, every promise is kept', () => shop.isSound())
