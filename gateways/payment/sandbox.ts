import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { type CallerConfig, createCaller, parseJson } from '../json-call.ts'
import {
  type GatewayRefund,
  GatewayRefused,
  InvalidNotice,
  type PaymentGateway,
  type PaymentIntent,
  type PaymentNotice,
  type RefundMoney,
} from './port.ts'
import { GatewayUnavailable } from '../unavailable.ts'

export type SandboxGatewayConfig = CallerConfig & { webhookSecret: string }

/** The client of `sandbox/payment-gateway`. */
export function createSandboxGateway({ webhookSecret, ...config }: SandboxGatewayConfig): PaymentGateway {
  const webhook = new Webhook(webhookSecret)
  const send = createCaller(config)

  return {
    async authorize({ key, orderId, amountMinor, currency, token }) {
      const body = { amount: amountMinor, currency, token, order_id: orderId }
      return toIntent(await call(intentAnswer, 'POST', '/v1/payment_intents', body, key))
    },

    async capture({ key, intentId, amountMinor }) {
      return toIntent(await call(intentAnswer, 'POST', `${pathOf(intentId)}/capture`, { amount: amountMinor }, key))
    },

    async void({ key, intentId }) {
      return toIntent(await call(intentAnswer, 'POST', `${pathOf(intentId)}/void`, {}, key))
    },

    refund,

    // Here a refused request leaves its key free. One that was used cannot be closed, and is told again to who repeats it.
    async closeRefundKey(request) {
      try {
        await call(closedAnswer, 'POST', '/v1/idempotency_keys/close', { key: request.key })
        return undefined
      } catch (error) {
        if (error instanceof GatewayRefused && error.code === 'idempotency_key_reused') return refund(request)
        throw error
      }
    },

    async getIntent(intentId) {
      return toIntent(await call(intentAnswer, 'GET', pathOf(intentId)))
    },

    async findIntentByKey(key) {
      const query = new URLSearchParams({ idempotency_key: key })
      const { data } = await call(intentListAnswer, 'GET', `/v1/payment_intents?${query.toString()}`)
      return data[0] && toIntent(data[0])
    },

    async closeKey(key) {
      const { intent } = await call(closedAnswer, 'POST', '/v1/idempotency_keys/close', { key })
      return intent ? toIntent(intent) : undefined
    },

    readNotice(rawBody, headers): PaymentNotice | undefined {
      try {
        webhook.verify(rawBody, Object.fromEntries(headers), { jsonParse: false })
      } catch (error) {
        throw new InvalidNotice((error as Error).message)
      }
      const notice = noticeBody.safeParse(parseJson(rawBody))
      if (!notice.success) return undefined
      const { type, data } = notice.data
      return {
        id: headers.get('webhook-id') as string,
        type,
        intentId: data.intent_id,
        orderId: data.order_id,
        amountMinor: data.amount,
        currency: data.currency,
      }
    },
  }

  async function refund({ key, intentId, amountMinor }: RefundMoney): Promise<GatewayRefund> {
    return toRefund(await call(refundAnswer, 'POST', `${pathOf(intentId)}/refunds`, { amount: amountMinor }, key))
  }

  async function call<T>(
    answer: z.ZodType<T>,
    method: 'GET' | 'POST',
    path: string,
    body?: object,
    key?: string,
  ): Promise<T> {
    const { status, json } = await send({ method, path, body, key })
    // 402 is how the gateway says "declined": an intent like any other.
    if ((status >= 200 && status < 300) || status === 402) {
      const parsed = answer.safeParse(json)
      if (parsed.success) return parsed.data
      throw new GatewayUnavailable(`${method} ${path} was answered ${status} in a shape we do not know`)
    }
    const refusal = errorAnswer.safeParse(json)
    const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429
    if (!isFinal || !refusal.success) throw new GatewayUnavailable(`${method} ${path} was answered ${status}`)
    throw new GatewayRefused(refusal.data.error.code, refusal.data.error.message)
  }
}

const intentAnswer = z.object({
  id: z.string(),
  order_id: z.string(),
  status: z.enum(['requires_action', 'authorized', 'captured', 'voided', 'declined']),
  amount: z.int(),
  currency: z.string(),
  captured_amount: z.int(),
  refunded_amount: z.int(),
  decline_code: z.string().nullable(),
  risk_score: z.number(),
  next_action: z.object({ url: z.string() }).nullable(),
})
const intentListAnswer = z.object({ data: z.array(intentAnswer) })
const closedAnswer = z.object({ intent: intentAnswer.nullable() })
const refundAnswer = z.object({ id: z.string(), intent_id: z.string(), amount: z.int(), currency: z.string() })
const errorAnswer = z.object({ error: z.object({ code: z.string(), message: z.string() }) })
const noticeBody = z.object({
  type: z.enum([
    'payment.authorized',
    'payment.declined',
    'payment.captured',
    'payment.voided',
    'payment.refunded',
    'payment.disputed',
    'payment.dispute_won',
    'payment.dispute_lost',
  ]),
  data: z.object({ intent_id: z.string(), order_id: z.string(), amount: z.int(), currency: z.string() }),
})

const pathOf = (intentId: string) => `/v1/payment_intents/${encodeURIComponent(intentId)}`

function toIntent(answer: z.infer<typeof intentAnswer>): PaymentIntent {
  return {
    id: answer.id,
    orderId: answer.order_id,
    status: answer.status,
    amountMinor: answer.amount,
    currency: answer.currency,
    capturedMinor: answer.captured_amount,
    refundedMinor: answer.refunded_amount,
    riskScore: answer.risk_score,
    ...(answer.decline_code && { declineCode: answer.decline_code }),
    ...(answer.next_action && { actionUrl: answer.next_action.url }),
  }
}

function toRefund(answer: z.infer<typeof refundAnswer>): GatewayRefund {
  return { id: answer.id, intentId: answer.intent_id, amountMinor: answer.amount, currency: answer.currency }
}
