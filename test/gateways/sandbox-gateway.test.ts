import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterEach, expect, test } from 'vitest'
import { createPaymentGateway, type PaymentGateway } from '../../gateways/payment/index.ts'
import { GatewayUnavailable } from '../../gateways/unavailable.ts'
import { openSandbox, webhookSecret } from '../sandbox/sandbox-process.ts'
import { paymentContract } from './payment-contract.ts'

paymentContract('the sandbox gateway', async () => {
  const sandbox = await openSandbox()
  const count = async (type: string, orderId: string) =>
    (await sandbox.ledger(orderId)).filter((entry) => entry.type === type).length
  return {
    gateway: sandbox.gateway(800),
    tokens: {
      good: 'tok_visa',
      declined: 'tok_declined',
      insufficientFunds: 'tok_insufficient_funds',
      customerAction: 'tok_3ds',
      risky: 'tok_risky',
    },
    loseNextAnswer: async (operation) => void (await sandbox.scriptFault({ operation, mode: 'silent_after' })),
    failNext: async (operation) => void (await sandbox.scriptFault({ operation, mode: 'error_before' })),
    answerAction: async (intentId, outcome) =>
      void (await sandbox.post(`/v1/payment_intents/${intentId}/confirm_action`, { outcome })),
    countAuthorizations: (orderId) => count('authorization', orderId),
    countCaptures: (orderId) => count('capture', orderId),
    countRefunds: (orderId) => count('refund', orderId),
    async notice(type, intentId, { ageSeconds = 0, forged = false } = {}) {
      const { body: intent } = await sandbox.get(`/v1/payment_intents/${intentId}`)
      const { order_id, amount, currency } = intent
      const body = JSON.stringify({ type, data: { intent_id: intentId, order_id, amount, currency } })
      const sentAt = new Date(Date.now() - ageSeconds * 1_000)
      const signer = new Webhook(forged ? `whsec_${Buffer.from('somebody else').toString('base64')}` : webhookSecret)
      const headers = new Headers({
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
        'webhook-signature': signer.sign('evt_1', sentAt, body),
      })
      return { body, headers }
    },
    close: () => sandbox.close(),
  }
})

const closing: (() => unknown)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

/** A gateway that answers everything with one status and body. */
async function gatewayAnswering(status: number, body: string, headers = {}): Promise<PaymentGateway> {
  const server = createServer((_, response) => response.writeHead(status, headers).end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return createPaymentGateway({ kind: 'sandbox', baseUrl, webhookSecret, timeoutMs: 500 })
}

test('an answer that makes no sense is no answer', async () => {
  for (const [status, body] of [
    [200, 'not JSON'],
    [200, '{"id":"pi_1","status":"delighted"}'],
    [402, '{"error":{"code":"card_declined","message":"no intent in it"}}'],
    [404, '<html>a proxy that knows no such page</html>'],
    [429, '{"error":{"code":"slow_down","message":""}}'],
  ] as const) {
    const gateway = await gatewayAnswering(status, body)
    await expect(gateway.getIntent('pi_1')).rejects.toThrow(GatewayUnavailable)
  }
})

test('a redirect is not followed', async () => {
  const gateway = await gatewayAnswering(307, '', { location: 'http://127.0.0.1:1/' })
  await expect(gateway.getIntent('pi_1')).rejects.toThrow(GatewayUnavailable)
})

test('a gateway that is not there, or takes too long, is unavailable within the time given', async () => {
  const nobody = createPaymentGateway({ kind: 'sandbox', baseUrl: 'http://127.0.0.1:1', webhookSecret, timeoutMs: 500 })
  await expect(nobody.getIntent('pi_1')).rejects.toThrow(GatewayUnavailable)

  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    silent.closeAllConnections()
    silent.close()
  })
  const baseUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const slow = createPaymentGateway({ kind: 'sandbox', baseUrl, webhookSecret, timeoutMs: 200 })
  const startedAt = performance.now()
  await expect(slow.getIntent('pi_1')).rejects.toThrow(GatewayUnavailable)
  expect(performance.now() - startedAt).toBeLessThan(1_500)
})

test('a process that is going down does not wait for the gateway', async () => {
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    silent.closeAllConnections()
    silent.close()
  })
  const baseUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const goingDown = new AbortController()
  const config = { kind: 'sandbox', baseUrl, webhookSecret, timeoutMs: 60_000, signal: goingDown.signal } as const
  const call = createPaymentGateway(config).getIntent('pi_1')
  goingDown.abort()
  await expect(call).rejects.toThrow(GatewayUnavailable)
})
