import { randomUUID } from 'node:crypto'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openSandbox, type Sandbox, serverFile, webhookSecret } from './sandbox-process.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await openSandbox()
})
beforeEach(async () => {
  await sandbox.patchSettings({
    latency_ms: { min: 0, max: 0 },
    faults: { error_before: 0, error_after: 0, silent_after: 0, seed: 1 },
  })
})
afterAll(() => sandbox.close())

const newBody = () => ({ amount: 1_000, currency: 'USD', token: 'tok_visa', order_id: `ord_${randomUUID()}` })
const create = (body = newBody()) => sandbox.post('/v1/payment_intents', body, body.order_id)

describe('faults', () => {
  test('are off until asked for, and settings can be read back', async () => {
    expect((await sandbox.get('/v1/settings')).body).toEqual({
      latency_ms: { min: 0, max: 0 },
      faults: { error_before: 0, error_after: 0, silent_after: 0, seed: 1 },
      webhook: { drop: 0, duplicate: 0, delay_ms: 0, shuffle: false },
      webhook_url: null,
      dispute_delay_ms: 5_000,
    })
    const patched = await sandbox.patchSettings({ faults: { error_after: 0.25 }, latency_ms: { min: 1, max: 2 } })
    expect(patched.body).toMatchObject({
      faults: { error_before: 0, error_after: 0.25 },
      latency_ms: { min: 1, max: 2 },
    })
    expect((await sandbox.patchSettings({ faults: { error_after: 2 } })).status).toBe(400)
    expect((await sandbox.patchSettings({ latency_ms: { min: 5, max: 2 } })).status).toBe(400)
    expect((await sandbox.patchSettings({ errorAfter: 1 })).status).toBe(400)
  })

  test('come as often as asked, and the same again under the same seed', async () => {
    const run = async () => {
      await sandbox.patchSettings({ faults: { error_before: 0.2, error_after: 0.2, seed: 42 } })
      const statuses: number[] = []
      for (let n = 0; n < 100; n++) statuses.push((await create()).status)
      return statuses
    }
    const first = await run()
    expect(await run()).toEqual(first)
    for (const status of [503, 500]) {
      const times = first.filter((answer) => answer === status).length
      expect(times).toBeGreaterThan(8)
      expect(times).toBeLessThan(35)
    }
  })

  test('before the effect change nothing, after it the money is held all the same', async () => {
    const [before, after] = [newBody(), newBody()]
    await sandbox.scriptFault({ operation: 'authorize', mode: 'error_before', order_id: before.order_id })
    await sandbox.scriptFault({ operation: 'authorize', mode: 'error_after', order_id: after.order_id })
    expect((await create()).status).toBe(201) // another order is not touched
    expect([(await create(before)).status, (await create(after)).status]).toEqual([503, 500])
    expect(await sandbox.ledger(before.order_id)).toHaveLength(0)
    expect(await sandbox.ledger(after.order_id)).toHaveLength(1)
    expect([(await create(before)).status, (await create(after)).status]).toEqual([201, 200])
    expect((await sandbox.get('/v1/faults')).body).toEqual({ data: [] })
  })

  test('written down for later can be counted and cleared', async () => {
    expect((await sandbox.scriptFault({ operation: 'refund', mode: 'error_after', times: 3 })).status).toBe(201)
    expect((await sandbox.get('/v1/faults')).body.data).toEqual([
      { operation: 'refund', mode: 'error_after', times: 3 },
    ])
    await fetch(`${sandbox.url}/v1/faults`, { method: 'DELETE' })
    expect((await sandbox.get('/v1/faults')).body.data).toEqual([])
    expect((await sandbox.scriptFault({ operation: 'dance', mode: 'error_after' })).status).toBe(400)
  })

  test('of latency are felt', async () => {
    await sandbox.patchSettings({ latency_ms: { min: 120, max: 150 } })
    const startedAt = performance.now()
    await create()
    expect(performance.now() - startedAt).toBeGreaterThan(115)
  })
})

describe('the gateway explains itself', () => {
  test('when a request makes no sense', async () => {
    const body = newBody()
    const post = (change: object, key: string | undefined = body.order_id) =>
      sandbox.post('/v1/payment_intents', { ...body, ...change }, key)
    const invalid = { status: 400, body: { error: { code: 'invalid_request', message: expect.stringMatching(/\w/) } } }
    expect(await post({ amount: 0 })).toMatchObject(invalid)
    expect(await post({ amount: 10.5 })).toMatchObject(invalid)
    expect(await post({ currency: 'usd' })).toMatchObject(invalid)
    expect(await post({ card_number: '4242424242424242' })).toMatchObject(invalid)
    expect(await post({}, 'x'.repeat(256))).toMatchObject(invalid)
    expect(await sandbox.post('/v1/payment_intents', body)).toMatchObject({
      body: { error: { code: 'idempotency_key_required' } },
    })
    expect(await sandbox.get('/v1/payment_intents')).toMatchObject(invalid)
    expect(await sandbox.get('/v1/payment_intents/pi_none')).toMatchObject({
      status: 404,
      body: { error: { code: 'intent_not_found' } },
    })
    expect(await sandbox.get('/v1/charges')).toMatchObject({
      status: 404,
      body: { error: { code: 'route_not_found' } },
    })
    expect(await post({ token: 'x'.repeat(70_000) })).toMatchObject({
      status: 413,
      body: { error: { code: 'body_too_large' } },
    })
    const notJson = await fetch(`${sandbox.url}/v1/idempotency_keys/close`, { method: 'POST', body: '{' })
    expect(notJson.status).toBe(400)
    expect(await sandbox.ledger(body.order_id)).toHaveLength(0)
  })

  test('when a payment is not in the state for it', async () => {
    const { body: intent } = await create()
    const act = async (verb: string, body: object) => {
      const answer = await sandbox.post(`/v1/payment_intents/${intent.id}/${verb}`, body, randomUUID())
      return [answer.status, answer.body.error?.code]
    }
    expect(await act('refunds', { amount: 1 })).toEqual([409, 'intent_authorized'])
    expect(await act('confirm_action', { outcome: 'succeed' })).toEqual([409, 'no_action_required'])
    expect(await act('capture', { amount: 1_000 })).toEqual([200, undefined])
    expect(await act('capture', { amount: 1_000 })).toEqual([409, 'intent_captured'])
    expect(await act('void', {})).toEqual([409, 'intent_captured'])
  })

  test('in its ledger, page by page or all at once', async () => {
    const orders = [await create(), await create(), await create()]
    const all = (await sandbox.get('/v1/ledger')).body
    expect(all.next_cursor).toBeNull()
    expect(all.data.length).toBeGreaterThanOrEqual(orders.length)
    const collected = []
    let query = '?limit=2'
    for (;;) {
      const { body: page } = await sandbox.get(`/v1/ledger${query}`)
      collected.push(...page.data)
      if (page.next_cursor === null) break
      query = `?limit=2&cursor=${page.next_cursor}`
    }
    expect(collected).toEqual(all.data)
  })

  test.each([
    ['settings that make no sense', { PORT: 'http', WEBHOOK_SECRET: 'short' }, /PORT.*WEBHOOK_SECRET/],
    ['a ledger it cannot open', { DATABASE_FILE: '/nowhere/ledger.db' }, /ledger|database/i],
    ['a port in use', { PORT: 'taken' }, /port \d+ is in use/],
  ])('in one sentence, when it cannot start: %s', async (_, change, sentence) => {
    const env = { PORT: '0', DATABASE_FILE: ':memory:', WEBHOOK_SECRET: webhookSecret, ...change }
    if (env.PORT === 'taken') env.PORT = new URL(sandbox.url).port
    const child = spawn(process.execPath, [serverFile], { env: { PATH: process.env.PATH, ...env } })
    const [stderr, code] = await Promise.all([
      text(child.stderr),
      new Promise((resolve) => child.once('exit', resolve)),
    ])
    expect(code).toBe(1)
    expect(stderr).toMatch(sentence)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  test('as healthy, and says nothing on its error stream on a good day', async () => {
    expect(await sandbox.get('/health')).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(sandbox.stderr).toBe('')
  })
})
