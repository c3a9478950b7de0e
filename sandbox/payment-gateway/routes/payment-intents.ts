import { type Context, Hono } from 'hono'
import { answer, type Env } from '../answering.ts'
import type { Disputes } from '../disputes.ts'
import type { Faults } from '../faults.ts'
import type { Intent } from '../intents.ts'
import type { Payments } from '../payments.ts'
import {
  actionOutcome,
  disputeOutcome,
  intentQuery,
  newIntent,
  nothing,
  readBody,
  readKey,
  readQuery,
  someAmount,
  someKey,
} from '../requests.ts'
import { behaviourOf } from '../tokens.ts'

/**
 * A repeated request is answered with the intent as it now is, not as it was when the first answer was written: whoever
 * repeats wants to know how things stand.
 */
export function paymentIntentRoutes(payments: Payments, disputes: Pick<Disputes, 'settle'>, faults: Faults): Hono<Env> {
  const routes = new Hono<Env>()
  const orderOf = (intentId: string) => payments.find(intentId)?.order_id

  routes.post('/payment_intents', async (c) => {
    const key = readKey(c)
    const request = await readBody(c, newIntent)
    return answer(c, faults, 'authorize', request.order_id, () => {
      const { intent, repeated } = payments.authorize(key, request)
      if (repeated) c.header('Idempotency-Replayed', 'true')
      else if (behaviourOf(request.token).silentAtFirst) return 'silence'
      return c.json(present(c, intent), intent.status === 'declined' ? 402 : repeated ? 200 : 201)
    })
  })

  routes.get('/payment_intents', (c) => {
    const { idempotency_key } = readQuery(c, intentQuery)
    const orderId = payments.findByKey(idempotency_key)?.order_id
    return answer(c, faults, 'read', orderId, () => {
      const intent = payments.findByKey(idempotency_key)
      return c.json({ data: intent ? [present(c, intent)] : [] })
    })
  })

  routes.get('/payment_intents/:id', (c) => {
    const id = c.req.param('id')
    return answer(c, faults, 'read', orderOf(id), () => c.json(present(c, payments.get(id))))
  })

  routes.post('/payment_intents/:id/capture', async (c) => {
    const [id, key, { amount }] = [c.req.param('id'), readKey(c), await readBody(c, someAmount)]
    return answer(c, faults, 'capture', orderOf(id), () => c.json(present(c, payments.capture(key, id, amount))))
  })

  routes.post('/payment_intents/:id/void', async (c) => {
    const [id, key] = [c.req.param('id'), readKey(c), await readBody(c, nothing)]
    return answer(c, faults, 'void', orderOf(id), () => c.json(present(c, payments.void(key, id))))
  })

  routes.post('/payment_intents/:id/refunds', async (c) => {
    const [id, key, { amount }] = [c.req.param('id'), readKey(c), await readBody(c, someAmount)]
    return answer(c, faults, 'refund', orderOf(id), () => c.json(payments.refund(key, id, amount), 201))
  })

  // The customer's own browser does this, not the shop, so the shop's bad days do not touch it.
  routes.post('/payment_intents/:id/confirm_action', async (c) => {
    const { outcome } = await readBody(c, actionOutcome)
    return c.json(present(c, payments.confirmAction(c.req.param('id'), outcome)))
  })

  // The customer's bank decides, not the shop.
  routes.post('/payment_intents/:id/settle_dispute', async (c) => {
    const { outcome } = await readBody(c, disputeOutcome)
    return c.json(present(c, disputes.settle(c.req.param('id'), outcome)))
  })

  routes.post('/idempotency_keys/close', async (c) => {
    const { key } = await readBody(c, someKey)
    return answer(c, faults, 'close', payments.findByKey(key)?.order_id, () => {
      const intent = payments.closeKey(key)
      return c.json({ intent: intent ? present(c, intent) : null })
    })
  })

  return routes
}

function present(c: Context<Env>, intent: Intent) {
  const url = new URL(`/v1/payment_intents/${intent.id}/confirm_action`, c.req.url).href
  const next_action = intent.status === 'requires_action' ? { type: 'confirm_action', url } : null
  return { ...intent, token: undefined, next_action } // a token is as good as a card: it is not given back
}
