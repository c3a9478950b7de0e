import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openInbox } from './notice-inbox.ts'
import { eventually, openSandbox, type Sandbox } from './sandbox-process.ts'

let inbox: Awaited<ReturnType<typeof openInbox>>
let sandbox: Sandbox
beforeAll(async () => {
  inbox = await openInbox()
  sandbox = await openSandbox({ webhookUrl: inbox.url })
})
beforeEach(async () => {
  inbox.answerWith(() => 200)
  await sandbox.patchSettings({
    webhook: { drop: 0, duplicate: 0, delay_ms: 0, shuffle: false },
    webhook_url: inbox.url,
  })
})
afterAll(async () => {
  await sandbox.close()
  await inbox.close()
})

const authorize = (token = 'tok_visa') => {
  const orderId = `ord_${randomUUID()}`
  return sandbox
    .gateway()
    .authorize({ orderId, key: `${orderId}:authorize`, amountMinor: 1_000, currency: 'USD', token })
}
const typesAbout = (orderId: string) => inbox.about(orderId).map(({ type }) => type)

test('every step of a payment is told to the shop in notices it can check', async () => {
  const gateway = sandbox.gateway()
  await sandbox.patchSettings({ dispute_delay_ms: 0 })
  const paid = await authorize('tok_late_decline')
  await gateway.capture({ key: `${paid.orderId}:capture`, intentId: paid.id, amountMinor: 1_000 })
  await eventually(() => expect(typesAbout(paid.orderId)).toContain('payment.disputed'))
  await gateway.refund({ key: `${paid.orderId}:refund`, intentId: paid.id, amountMinor: 400 })
  const given = await authorize()
  await gateway.void({ key: `${given.orderId}:void`, intentId: given.id })
  const declined = await authorize('tok_declined')

  await eventually(() => {
    expect(typesAbout(paid.orderId).toSorted()).toEqual([
      'payment.authorized',
      'payment.captured',
      'payment.disputed',
      'payment.refunded',
    ])
    expect(typesAbout(given.orderId).toSorted()).toEqual(['payment.authorized', 'payment.voided'])
    expect(typesAbout(declined.orderId)).toEqual(['payment.declined'])
  })
  for (const letter of inbox.about(paid.orderId)) {
    expect(gateway.readNotice(letter.body, letter.headers)).toEqual({
      id: letter.id,
      type: letter.type,
      intentId: paid.id,
      orderId: paid.orderId,
      amountMinor: letter.type === 'payment.refunded' ? 400 : 1_000,
      currency: 'USD',
    })
  }
})

test("a customer's answer to the bank is told to the shop", async () => {
  const agreed = await authorize('tok_3ds')
  const failed = await authorize('tok_3ds')
  await sandbox.post(`/v1/payment_intents/${agreed.id}/confirm_action`, { outcome: 'succeed' })
  await sandbox.post(`/v1/payment_intents/${failed.id}/confirm_action`, { outcome: 'fail' })
  await eventually(() => {
    expect(typesAbout(agreed.orderId)).toEqual(['payment.authorized'])
    expect(typesAbout(failed.orderId)).toEqual(['payment.declined'])
  })
})

test('a notice is sent again until the shop takes it, always under the same id and freshly signed', async () => {
  let refusals = 0
  inbox.answerWith(() => (++refusals > 2 ? 200 : 500))
  const { orderId } = await authorize()
  await eventually(() => expect(inbox.about(orderId)).toHaveLength(3))
  const letters = inbox.about(orderId)
  expect(new Set(letters.map(({ id }) => id)).size).toBe(1)
  for (const { body, headers } of letters) expect(sandbox.gateway().readNotice(body, headers)).toBeDefined()
})

test('a notice repeated by the gateway carries one id', async () => {
  await sandbox.patchSettings({ webhook: { duplicate: 1 } })
  const { orderId } = await authorize()
  await eventually(() => expect(inbox.about(orderId)).toHaveLength(2))
  expect(new Set(inbox.about(orderId).map(({ id }) => id)).size).toBe(1)
})

test('a notice lost on its way arrives when the way is clear again', async () => {
  await sandbox.patchSettings({ webhook: { drop: 1 } })
  const lost = await authorize()
  await sandbox.patchSettings({ webhook: { drop: 0 } })
  const next = await authorize()
  await eventually(() => expect(inbox.about(next.orderId)).toHaveLength(1))
  await eventually(() => expect(inbox.about(lost.orderId)).toHaveLength(1))
})

test('notices may come late and out of order', async () => {
  await sandbox.patchSettings({ webhook: { delay_ms: 300, shuffle: true } })
  const orders = await Promise.all(Array.from({ length: 30 }, () => authorize()))
  const made = (await sandbox.ledger())
    .map((entry) => entry.order_id)
    .filter((id) => orders.some((o) => o.orderId === id))
  await eventually(() => expect(orders.every(({ orderId }) => inbox.about(orderId).length === 1)).toBe(true))
  const arrived = inbox.letters.map(({ data }) => data.order_id).filter((id) => made.includes(id as string))
  expect(arrived).not.toEqual(made)
})

test('notices wait while there is nowhere to send them', async () => {
  await sandbox.patchSettings({ webhook_url: null })
  const { orderId } = await authorize()
  expect(inbox.about(orderId)).toHaveLength(0)
  await sandbox.patchSettings({ webhook_url: inbox.url })
  await eventually(() => expect(inbox.about(orderId)).toHaveLength(1))
})
