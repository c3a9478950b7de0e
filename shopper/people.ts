import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Call } from './http.ts'

export type Order = {
  id: string
  user_id: string
  status: string
  payment_status: string
  items: { product_id: string; quantity: number }[]
  total: { amount: number; currency: string }
  refunded: { amount: number }
  risk_score: number | null
  needs_attention?: string
  cancel_reason?: string
  review_until?: string
  next_action?: { payment_intent_id: string; url: string; expires_at: string }
  shipment?: { carrier: string; tracking_number: string }
}

export type Line = { product_id: string; quantity: number }
export type Purchase = { token?: string; key?: string; capture?: 'manual' | 'automatic' }

export type Customer = ReturnType<typeof customerOf>

export const address = {
  name: 'Robin Story',
  line1: '12 Harbour Street',
  city: 'Portland',
  postal_code: '97201',
  country: 'US',
}

export const parcel = { carrier: 'DHL', tracking_number: 'JD014600003' }

export const orderOf = (lines: Line[], { token = 'tok_visa', capture }: Purchase = {}) => ({
  items: lines,
  payment: { method: 'card', token, ...(capture && { capture }) },
  shipping_address: address,
})

/** Somebody signed in: a customer, or staff. */
export function customerOf(call: Call, user: { id: string; email: string }, token: string) {
  const ask = (method: string, path: string, body?: unknown, key: string = randomUUID()): Promise<Answer> =>
    call(method, path, { token, key, ...(body !== undefined && { body }) })
  const order = async (id: string): Promise<Order> => (await ask('GET', `/v1/orders/${id}`)).body

  return {
    ...user,
    token,
    ask,
    order,
    buy: (lines: Line[] | { id: string }, purchase: Purchase = {}): Promise<Answer> =>
      ask('POST', '/v1/orders', orderOf(Array.isArray(lines) ? lines : oneOf(lines), purchase), purchase.key),
    cancel: (id: string, reason = 'Changed my mind') => ask('POST', `/v1/orders/${id}/cancel`, { reason }),
    ship: (id: string) => ask('POST', `/v1/orders/${id}/shipments`, parcel),
    deliver: (id: string) => ask('POST', `/v1/orders/${id}/deliveries`, {}),

    /** The order once it is so; what it was like at last, when it does not become so. */
    async orderOnce(id: string, isSo: (order: Order) => boolean, withinMs = 60_000): Promise<Order> {
      for (const deadline = Date.now() + withinMs; ; await sleep(50)) {
        const seen = await order(id)
        if (isSo(seen)) return seen
        if (Date.now() > deadline) throw new Error(`The order is still ${JSON.stringify(seen)}`)
      }
    },
    becomes(id: string, status: string, paymentStatus: string): Promise<Order> {
      return this.orderOnce(id, (seen) => seen.status === status && seen.payment_status === paymentStatus)
    },
  }
}

export const oneOf = ({ id }: { id: string }): Line[] => [{ product_id: id, quantity: 1 }]
