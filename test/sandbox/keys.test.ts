import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSandbox, type Sandbox } from './sandbox-process.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await openSandbox()
})
afterAll(() => sandbox.close())

const newBody = () => ({ amount: 1_000, currency: 'USD', token: 'tok_visa', order_id: `ord_${randomUUID()}` })
const create = (body: object, key: string) => sandbox.post('/v1/payment_intents', body, key)

test('fifty requests at once under one key hold the money once', async () => {
  const body = newBody()
  const answers = await Promise.all(Array.from({ length: 50 }, () => create(body, body.order_id)))
  expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1)
  expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true')).toHaveLength(49)
  expect(await sandbox.ledger(body.order_id)).toHaveLength(1)
})

test('fifty captures, then fifty refunds at once under one key move the money once each', async () => {
  const body = newBody()
  const { body: intent } = await create(body, body.order_id)
  for (const verb of ['capture', 'refunds']) {
    const path = `/v1/payment_intents/${intent.id}/${verb}`
    const move = () => sandbox.post(path, { amount: 1_000 }, `${body.order_id}:${verb}`)
    const answers = await Promise.all(Array.from({ length: 50 }, move))
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
  }
  expect((await sandbox.ledger(body.order_id)).map(({ type }) => type)).toEqual(['authorization', 'capture', 'refund'])
})

test('twenty refunds at once under different keys never pay back more than was taken', async () => {
  const body = newBody()
  const { body: intent } = await create(body, body.order_id)
  await sandbox.post(`/v1/payment_intents/${intent.id}/capture`, { amount: 1_000 }, `${body.order_id}:capture`)
  const refund = (_: unknown, n: number) =>
    sandbox.post(`/v1/payment_intents/${intent.id}/refunds`, { amount: 300 }, `${body.order_id}:refund:${n}`)
  const answers = await Promise.all(Array.from({ length: 20 }, refund))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(3)
  expect(
    answers.filter(({ status, body }) => status === 409 && body.error.code === 'amount_exceeds_captured'),
  ).toHaveLength(17)
})

test('a key belongs to one request, whatever the other one is', async () => {
  const body = newBody()
  const { body: intent } = await create(body, body.order_id)
  for (const other of [
    await create({ ...body, amount: 1_001 }, body.order_id),
    await create({ ...body, token: 'tok_declined' }, body.order_id),
    await sandbox.post(`/v1/payment_intents/${intent.id}/capture`, { amount: 1_000 }, body.order_id),
    await sandbox.post(`/v1/payment_intents/${intent.id}/void`, {}, body.order_id),
  ]) {
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'idempotency_key_reused' } } })
  }
  expect(await sandbox.ledger(body.order_id)).toHaveLength(1)
})

test('a refused request leaves its key free for a better one', async () => {
  const body = newBody()
  const { body: intent } = await create(body, body.order_id)
  const capture = (amount: number) =>
    sandbox.post(`/v1/payment_intents/${intent.id}/capture`, { amount }, `${body.order_id}:capture`)
  expect(await capture(1_001)).toMatchObject({ status: 409, body: { error: { code: 'amount_exceeds_authorized' } } })
  expect(await capture(1_000)).toMatchObject({ status: 200, body: { status: 'captured' } })
})

test('closing keys against racing authorizations leaves each key with one truth', async () => {
  await sandbox.patchSettings({ latency_ms: { min: 0, max: 10 } })
  const race = async () => {
    const body = newBody()
    const [created, closed] = await Promise.all([
      create(body, body.order_id),
      sandbox.post('/v1/idempotency_keys/close', { key: body.order_id }),
    ])
    const holds = (await sandbox.ledger(body.order_id)).length
    expect(closed.status).toBe(200)
    if (closed.body.intent) expect([created.status, created.body.id, holds]).toEqual([201, closed.body.intent.id, 1])
    else expect([created.status, created.body.error.code, holds]).toEqual([409, 'idempotency_key_closed', 0])
    return holds
  }
  const holds = await Promise.all(Array.from({ length: 60 }, race))
  await sandbox.patchSettings({ latency_ms: { min: 0, max: 0 } })
  expect(new Set(holds)).toEqual(new Set([0, 1])) // both endings were seen
})

test('a closed key stays closed after the gateway was killed', async () => {
  const body = newBody()
  expect((await sandbox.post('/v1/idempotency_keys/close', { key: body.order_id })).body).toEqual({ intent: null })
  await sandbox.killAndRestart()
  expect(await create(body, body.order_id)).toMatchObject({
    status: 409,
    body: { error: { code: 'idempotency_key_closed' } },
  })
})
