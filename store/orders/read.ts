import type { CancelReason, OrderStatus, PaymentStatus } from '../../domain/order.ts'
import type { Address } from '../checkouts.ts'
import type { Db } from '../database.ts'

export type OrderItem = {
  productId: string
  sku: string
  name: string
  quantity: number
  unitPriceMinor: number
  totalPriceMinor: number
}

export type NextAction = { type: 'customer_action'; payment_intent_id: string; url: string; expires_at: string }

/** An order as its customer may see it. `number` is missing while it is accepted but not yet placed. */
export type Order = {
  id: string
  number: number | null
  userId: string
  status: OrderStatus
  paymentStatus: PaymentStatus
  capture: 'automatic' | 'manual'
  items: OrderItem[]
  totalMinor: number
  refundedMinor: number
  currency: string
  shippingAddress: Address
  billingAddress: Address
  riskScore: number | null
  reviewUntil: Date | null
  nextAction: NextAction | null
  cancelReason: CancelReason | null
  declineCode: string | null
  needsAttention: string | null
  carrier: string | null
  trackingNumber: string | null
  createdAt: Date
  updatedAt: Date
}

/** Why an accepted checkout never became an order. */
export type Refusal = {
  code: CancelReason | 'insufficient_stock' | 'product_unavailable'
  items?: { product_id: string; requested: number; available: number }[]
}

const orderColumns = `
  o.id, o.number, o.user_id as "userId", o.status, o.payment_status as "paymentStatus", p.capture,
  o.total_minor as "totalMinor", p.refunded_minor as "refundedMinor", o.currency,
  o.shipping_address as "shippingAddress", o.billing_address as "billingAddress", o.risk_score as "riskScore",
  o.review_until as "reviewUntil", o.next_action as "nextAction", o.cancel_reason as "cancelReason",
  p.decline_code as "declineCode", o.needs_attention as "needsAttention", o.carrier,
  o.tracking_number as "trackingNumber", o.created_at as "createdAt", o.updated_at as "updatedAt",
  (select jsonb_agg(jsonb_build_object('productId', i.product_id, 'sku', i.sku, 'name', i.name, 'quantity', i.quantity,
            'unitPriceMinor', i.unit_price_minor, 'totalPriceMinor', i.total_price_minor) order by i.product_id)
     from order_items i where i.order_id = o.id) as items`

export async function findOrder(db: Db, orderId: string): Promise<Order | undefined> {
  const { rows } = await db.query<Order>({
    name: 'find-order',
    text: `select ${orderColumns} from orders o join payments p on p.order_id = o.id where o.id = $1`,
    values: [orderId],
  })
  return rows[0]
}

export type AcceptedCheckout = {
  order: Order
  outcome: 'received' | 'placed' | 'refused' | 'abandoned'
  refusal: Refusal | null
}

/**
 * A checkout that is not an order: accepted and not yet placed, refused, or given up. Shown as the order it would be, at
 * today's prices, so that the address a customer was given always answers.
 */
export async function findCheckout(db: Db, orderId: string): Promise<AcceptedCheckout | undefined> {
  const { rows } = await db.query<Order & Omit<AcceptedCheckout, 'order'>>({
    name: 'find-checkout',
    text: `
select c.order_id as id, null::bigint as number, c.user_id as "userId", c.capture,
       case when c.outcome in ('refused', 'abandoned') then 'cancelled' else 'pending' end as status,
       case when c.outcome in ('refused', 'abandoned') then 'failed' else 'pending' end as "paymentStatus",
       coalesce(sum(p.price_minor * u.quantity), 0)::bigint as "totalMinor", 0::bigint as "refundedMinor", min(p.currency) as currency,
       c.shipping_address as "shippingAddress", c.billing_address as "billingAddress", null::real as "riskScore",
       null::timestamptz as "reviewUntil", null::jsonb as "nextAction", c.refusal ->> 'code' as "cancelReason",
       null as "declineCode", null as "needsAttention", null as carrier, null as "trackingNumber",
       c.created_at as "createdAt", c.updated_at as "updatedAt", c.outcome, c.refusal,
       jsonb_agg(jsonb_build_object('productId', p.id, 'sku', p.sku, 'name', p.name, 'quantity', u.quantity,
         'unitPriceMinor', p.price_minor, 'totalPriceMinor', p.price_minor * u.quantity) order by p.id) as items
  from checkouts c, unnest(c.product_ids, c.quantities) as u (product_id, quantity) join products p on p.id = u.product_id
 where c.order_id = $1
 group by c.order_id`,
    values: [orderId],
  })
  if (!rows[0]) return undefined
  const { outcome, refusal, ...order } = rows[0]
  return { order, outcome, refusal }
}

export type OrderFilter = {
  userId?: string | undefined
  status?: OrderStatus | undefined
  needsAttention?: boolean | undefined
  before?: string | undefined
  limit: number
}

/** Newest first. `before` is the last id of the page before. */
export async function listOrders(db: Db, filter: OrderFilter): Promise<Order[]> {
  const { rows } = await db.query<Order>(
    `select ${orderColumns} from orders o join payments p on p.order_id = o.id
      where ($1::text is null or o.user_id = $1) and ($2::text is null or o.status = $2)
        and ($3::boolean is null or (o.needs_attention is not null) = $3) and ($4::text is null or o.id < $4)
      order by o.id desc limit $5`,
    [filter.userId ?? null, filter.status ?? null, filter.needsAttention ?? null, filter.before ?? null, filter.limit],
  )
  return rows
}

export type TimelineEntry = {
  what: string
  fromStatus: OrderStatus | null
  toStatus: OrderStatus | null
  actor: string
  detail: Record<string, unknown>
  createdAt: Date
}

export async function listTimeline(db: Db, orderId: string): Promise<TimelineEntry[]> {
  const { rows } = await db.query<TimelineEntry>(
    `select what, from_status as "fromStatus", to_status as "toStatus", actor, detail, created_at as "createdAt"
       from order_timeline where order_id = $1 order by id`,
    [orderId],
  )
  return rows
}
