import type { OrderStatus, PaymentStatus } from '../../domain/order.ts'
import type { Db } from '../database.ts'

export type Shipment = { orderId: string; carrier: string; trackingNumber: string; actor: string }

/**
 * The parcel left. Repeating it changes nothing; an order that cannot be shipped is never said to be. `refunded`: the
 * customer has all of the money back, and nothing is sent.
 */
export async function recordShipment(db: Db, shipment: Shipment): Promise<'shipped' | 'refunded'> {
  const { rowCount } = await db.query(
    `with shipped as (
       update orders set status = 'shipped', carrier = $2, tracking_number = $3, updated_at = now()
        where id = $1 and status = 'paid' and payment_status <> 'refunded'
       returning id
     )
     insert into order_timeline (order_id, what, from_status, to_status, actor, detail)
     select id, 'order shipped', 'paid', 'shipped', $4, jsonb_build_object('carrier', $2::text, 'tracking_number', $3::text)
       from shipped`,
    [shipment.orderId, shipment.carrier, shipment.trackingNumber, shipment.actor],
  )
  if (rowCount !== 0) return 'shipped'
  const { status, paymentStatus } = await getStanding(db, shipment.orderId)
  if (status === 'paid' && paymentStatus === 'refunded') return 'refunded'
  if (status !== 'shipped' && status !== 'delivered') throw new Error(`The order ${shipment.orderId} is ${status}`)
  return 'shipped'
}

async function getStanding(db: Db, orderId: string) {
  const { rows } = await db.query<{ status: OrderStatus; paymentStatus: PaymentStatus }>(
    'select status, payment_status as "paymentStatus" from orders where id = $1',
    [orderId],
  )
  if (!rows[0]) throw new Error(`The order ${orderId} is not there`)
  return rows[0]
}

export type Delivery = { orderId: string; actor: string }

/** The parcel arrived. Repeating it changes nothing. */
export async function recordDelivery(db: Db, { orderId, actor }: Delivery): Promise<void> {
  const { rowCount } = await db.query(
    `with delivered as (
       update orders set status = 'delivered', updated_at = now() where id = $1 and status = 'shipped' returning id
     )
     insert into order_timeline (order_id, what, from_status, to_status, actor)
     select id, 'order delivered', 'shipped', 'delivered', $2 from delivered`,
    [orderId, actor],
  )
  if (rowCount !== 0) return
  const { status } = await getStanding(db, orderId)
  if (status !== 'delivered') throw new Error(`The order ${orderId} is ${status}`)
}

export type Attention = { orderId: string; why: string }

/**
 * Calls a person to the order. Kept on the row so that it is found long after the log line is gone. A call that comes
 * through when the order has been settled calls nobody.
 */
export async function flagAttention(db: Db, { orderId, why }: Attention): Promise<void> {
  await db.query(
    `with flagged as (
       update orders set needs_attention = $2, updated_at = now()
        where id = $1 and needs_attention is distinct from $2 and status in ('pending', 'paid')
       returning id
     )
     insert into order_timeline (order_id, what, actor, detail)
     select id, 'needs attention', 'shop', jsonb_build_object('why', $2::text) from flagged`,
    [orderId, why],
  )
}

/** With `why`, only that call ends: another may have come meanwhile. */
export type AttentionEnd = { orderId: string; actor: string; why?: string | undefined }

export async function clearAttention(db: Db, { orderId, actor, why }: AttentionEnd): Promise<void> {
  await db.query(
    `with cleared as (
       update orders set needs_attention = null, updated_at = now()
        where id = $1 and needs_attention is not null and ($3::text is null or needs_attention = $3)
       returning id
     )
     insert into order_timeline (order_id, what, actor) select id, 'attention no longer needed', $2 from cleared`,
    [orderId, actor, why ?? null],
  )
}
