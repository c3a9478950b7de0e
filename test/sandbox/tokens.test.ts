import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GatewayUnavailable } from '../../gateways/unavailable.ts'
import { eventually, openSandbox, type Sandbox } from './sandbox-process.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await openSandbox()
})
afterAll(() => sandbox.close())

const orderWith = (token: string) => {
  const orderId = `ord_${randomUUID()}`
  return { orderId, key: `${orderId}:authorize`, amountMinor: 1_999, currency: 'EUR', token }
}
const authorize = (token: string) => sandbox.gateway().authorize(orderWith(token))
const entriesOf = async (orderId: string) =>
  (await sandbox.ledger(orderId)).map(({ type, amount }) => `${type} ${amount}`)

test('tok_visa holds the money at low risk', async () => {
  const held = await authorize('tok_visa')
  expect(held).toMatchObject({ status: 'authorized', riskScore: 0.05 })
  expect(await sandbox.ledger(held.orderId)).toEqual([
    {
      id: expect.stringMatching(/^le_/),
      type: 'authorization',
      amount: 1_999,
      currency: 'EUR',
      order_id: held.orderId,
      intent_id: held.id,
      idempotency_key: `${held.orderId}:authorize`,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    },
  ])
})

test.each([
  ['tok_declined', 'card_declined'],
  ['tok_insufficient_funds', 'insufficient_funds'],
  ['tok_of_somebody', 'invalid_token'],
  ['constructor', 'invalid_token'],
])('%s is declined as %s and leaves no trace in the books', async (token, declineCode) => {
  const declined = await authorize(token)
  expect(declined).toMatchObject({ status: 'declined', declineCode })
  expect(await sandbox.ledger(declined.orderId)).toEqual([])
})

test.each([
  ['tok_risky', 0.95],
  ['tok_review', 0.6],
])('%s is held and carries the score %d', async (token, riskScore) => {
  expect(await authorize(token)).toMatchObject({ status: 'authorized', riskScore })
})

test('tok_3ds is in the books only after the customer has agreed', async () => {
  const asked = await authorize('tok_3ds')
  expect(asked.status).toBe('requires_action')
  expect(await sandbox.ledger(asked.orderId)).toEqual([])
  const answer = (outcome: string) => sandbox.post(new URL(asked.actionUrl as string).pathname, { outcome })
  expect((await answer('succeed')).body.status).toBe('authorized')
  expect((await answer('succeed')).body.status).toBe('authorized')
  expect(await answer('fail')).toMatchObject({ status: 409, body: { error: { code: 'action_already_settled' } } })
  expect(await entriesOf(asked.orderId)).toEqual(['authorization 1999'])
})

test('tok_3ds that the customer fails is declined', async () => {
  const asked = await authorize('tok_3ds')
  await sandbox.post(`/v1/payment_intents/${asked.id}/confirm_action`, { outcome: 'fail' })
  const failed = await sandbox.gateway().getIntent(asked.id)
  expect(failed).toMatchObject({ status: 'declined', declineCode: 'authentication_failed' })
  expect(await sandbox.ledger(asked.orderId)).toEqual([])
})

test('tok_3ds given up before the customer answers cannot be agreed to any more', async () => {
  const asked = await authorize('tok_3ds')
  await sandbox.gateway().void({ key: `${asked.orderId}:void`, intentId: asked.id })
  const late = await sandbox.post(`/v1/payment_intents/${asked.id}/confirm_action`, { outcome: 'succeed' })
  expect(late).toMatchObject({ status: 409, body: { error: { code: 'intent_voided' } } })
  expect(await sandbox.ledger(asked.orderId)).toEqual([])
})

test('tok_timeout_after_charge holds the money, keeps silent once, and answers when asked again', async () => {
  const order = orderWith('tok_timeout_after_charge')
  await expect(sandbox.gateway(300).authorize(order)).rejects.toThrow(GatewayUnavailable)
  expect(await entriesOf(order.orderId)).toEqual(['authorization 1999'])
  expect(await sandbox.gateway(300).authorize(order)).toMatchObject({ status: 'authorized' })
  expect(await entriesOf(order.orderId)).toEqual(['authorization 1999'])
})

test('tok_flaky is busy twice for each key, also across a restart, and then holds the money once', async () => {
  const order = orderWith('tok_flaky')
  await expect(sandbox.gateway().authorize(order)).rejects.toThrow(GatewayUnavailable)
  await sandbox.killAndRestart()
  await expect(sandbox.gateway().authorize(order)).rejects.toThrow(GatewayUnavailable)
  expect(await sandbox.ledger(order.orderId)).toEqual([])
  expect(await sandbox.gateway().authorize(order)).toMatchObject({ status: 'authorized' })
  expect(await sandbox.gateway().authorize(order)).toMatchObject({ status: 'authorized' })
  expect(await entriesOf(order.orderId)).toEqual(['authorization 1999'])
})

test('tok_late_decline is disputed some time after its capture', async () => {
  await sandbox.patchSettings({ dispute_delay_ms: 50 })
  const { id: intentId, orderId } = await authorize('tok_late_decline')
  await sandbox.gateway().capture({ key: `${orderId}:capture`, intentId, amountMinor: 1_999 })
  await eventually(async () =>
    expect(await entriesOf(orderId)).toEqual(['authorization 1999', 'capture 1999', 'dispute 1999']),
  )
})

test('the bank decides about a dispute once: won brings the money back, lost moves nothing', async () => {
  await sandbox.patchSettings({ dispute_delay_ms: 0 })
  const disputed = async () => {
    const { id: intentId, orderId } = await authorize('tok_late_decline')
    const settle = (outcome: string) => sandbox.post(`/v1/payment_intents/${intentId}/settle_dispute`, { outcome })
    expect(await settle('won')).toMatchObject({ status: 409, body: { error: { code: 'no_dispute' } } })
    await sandbox.gateway().capture({ key: `${orderId}:capture`, intentId, amountMinor: 1_999 })
    await eventually(async () => expect(await entriesOf(orderId)).toContain('dispute 1999'))
    return { orderId, settle }
  }
  const won = await disputed()
  for (const _ of ['once', 'again']) expect((await won.settle('won')).status).toBe(200)
  expect(await won.settle('lost')).toMatchObject({ status: 409, body: { error: { code: 'dispute_already_settled' } } })
  expect((await entriesOf(won.orderId)).slice(2)).toEqual(['dispute 1999', 'reinstatement 1999'])
  const lost = await disputed()
  expect((await lost.settle('lost')).status).toBe(200)
  expect((await entriesOf(lost.orderId)).slice(2)).toEqual(['dispute 1999'])
})

test('tok_late_decline that was refunded in time is not disputed', async () => {
  await sandbox.patchSettings({ dispute_delay_ms: 100 })
  const capture = async () => {
    const { id: intentId, orderId } = await authorize('tok_late_decline')
    await sandbox.gateway().capture({ key: `${orderId}:capture`, intentId, amountMinor: 1_999 })
    return { intentId, orderId }
  }
  const refunded = await capture()
  await sandbox.gateway().refund({ key: `${refunded.orderId}:refund`, intentId: refunded.intentId, amountMinor: 1_999 })
  const kept = await capture()
  // The later one's dispute shows that the earlier one's moment has passed.
  await eventually(async () => expect(await entriesOf(kept.orderId)).toContain('dispute 1999'))
  expect(await entriesOf(refunded.orderId)).toEqual(['authorization 1999', 'capture 1999', 'refund 1999'])
})
