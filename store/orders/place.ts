import { MAX_AMOUNT_MINOR } from '../../domain/money.ts'
import type { CancelReason, OrderStatus, PaymentStatus } from '../../domain/order.ts'
import type { RiskSignals } from '../../domain/risk.ts'
import type { Db } from '../database.ts'

export type PlacedOrder = {
  outcome: 'placed'
  number: number
  userId: string
  totalMinor: number
  currency: string
  units: number
  skus: string[]
  capture: 'automatic' | 'manual'
  signals: RiskSignals
  /** An earlier attempt of this very checkout went all the way, and its task was lost with the process. */
  isPaid: boolean
  /** The parcel is on its way already: the workflow was reset to its beginning. Nothing is left to do but its delivery. */
  shippedAs: PaymentStatus | null
}

export type RefusedOrder = {
  outcome: 'refused'
  problem: 'insufficient_stock' | 'product_unavailable'
}

/**
 * `abandoned`: the order was given up before it was placed, or has arrived; either way there is nothing to do.
 * `cancelled`: it was placed and given up, and whoever asks again should make sure that all of it was given back.
 */
export type PlaceOutcome =
  | PlacedOrder
  | RefusedOrder
  | { outcome: 'abandoned' }
  | { outcome: 'cancelled'; reason: CancelReason; wasPaid: boolean }

type PlaceRow = {
  outcome: 'received' | 'placed' | 'refused' | 'abandoned'
  problem: RefusedOrder['problem'] | null
  /** Where the order stands that an earlier attempt placed. */
  status?: OrderStatus | null
  payment_status?: PaymentStatus | null
  cancel_reason?: CancelReason | null
  was_paid?: boolean
  number: number
  user_id: string
  total_minor: number
  currency: string
  units: number
  skus: string[]
  capture: 'automatic' | 'manual'
  account_age_days: number
  same_addresses: boolean
  recent: { total_minor: number; payment_status: string; age_minutes: number }[]
}

/**
 * Makes the order and promises its stock, or refuses it: one statement, so the row of a sought-after product is locked
 * for no longer than that. Stock rows are locked in the order of their ids, hence two orders never wait for each other
 * in a circle. The claim on the checkout row makes a repeat find what the first attempt did, even one that is still
 * running when the repeat starts.
 */
export async function placeOrder(db: Db, orderId: string): Promise<PlaceOutcome> {
  const { rows } = await db.query<PlaceRow>({ name: 'place-order', text: placeOrderSql, values: [orderId] })
  const outcome = rows[0] ?? (await placedBefore(db, orderId))
  if (!outcome) throw new Error(`There is no checkout ${orderId}`)
  return readOutcome(outcome)
}

const placeOrderSql = `
with requested as (
  select u.product_id, u.quantity
    from checkouts c, unnest(c.product_ids, c.quantities) as u (product_id, quantity)
   where c.order_id = $1 and c.outcome = 'received'
), locked as materialized (
  select s.product_id, s.on_hand - s.reserved as available
    from stock s join requested r using (product_id)
   order by s.product_id
     for update of s
), priced as (
  select r.product_id, r.quantity, p.sku, p.name, p.price_minor, p.currency,
         p.status is not distinct from 'active' as for_sale, coalesce(l.available, 0) as available
    from requested r left join products p on p.id = r.product_id left join locked l on l.product_id = r.product_id
), verdict as (
  select case when not bool_and(for_sale) or count(distinct currency) > 1
                or sum(price_minor * quantity) > ${MAX_AMOUNT_MINOR} then 'product_unavailable'
              when bool_or(available < quantity) then 'insufficient_stock' end as problem,
         jsonb_agg(jsonb_build_object('product_id', product_id, 'requested', quantity,
                                      'available', case when for_sale then greatest(available, 0) else 0 end))
           filter (where not for_sale or available < quantity) as items,
         sum(price_minor * quantity)::bigint as total_minor, min(currency) as currency,
         sum(quantity)::int as units, array_agg(sku order by sku) as skus
    from priced
), claim as (
  update checkouts c
     set outcome = case when v.problem is null then 'placed' else 'refused' end,
         refusal = case when v.problem is not null then jsonb_build_object('code', v.problem, 'items', v.items) end,
         updated_at = now()
    from verdict v
   where c.order_id = $1 and c.outcome = 'received'
  returning c.*, v.problem, v.total_minor, v.currency, v.units, v.skus
), placed as (
  insert into orders (id, user_id, status, payment_status, total_minor, currency, shipping_address, billing_address)
  select order_id, user_id, 'pending', 'pending', total_minor, currency, shipping_address, billing_address
    from claim where outcome = 'placed'
  returning id, number, created_at
), items as (
  insert into order_items (order_id, product_id, sku, name, quantity, unit_price_minor, total_price_minor)
  select placed.id, product_id, sku, name, quantity, price_minor, price_minor * quantity from priced, placed
), promise as (
  update stock s set reserved = s.reserved + p.quantity, updated_at = now()
    from priced p, placed where s.product_id = p.product_id
), promises as (
  insert into reservations (order_id, product_id, quantity)
  select placed.id, product_id, quantity from priced, placed
), payment as (
  insert into payments (id, order_id, amount_minor, currency, payment_method, token, capture)
  select 'pay_' || substr(order_id, 5), order_id, total_minor, currency, payment_method, payment_token, capture
    from claim where outcome = 'placed'
), told as (
  insert into order_timeline (order_id, what, to_status, actor, detail)
  select id, 'order placed', 'pending', 'shop', jsonb_build_object('number', number) from placed
)
select c.outcome, c.problem, placed.number, c.user_id, c.total_minor, c.currency, c.units, c.skus, c.capture,
       ${riskSignalsSql('c')},
       case when c.outcome = 'refused' then pg_notify('outcomes', c.order_id) is null end as notified
  from claim c left join placed on true`

const placedBeforeSql = `
select c.outcome, c.refusal ->> 'code' as problem, o.status, o.payment_status, o.cancel_reason,
       exists (select from order_timeline t where t.order_id = o.id and t.to_status = 'paid') as was_paid, o.number, c.user_id, o.total_minor, o.currency,
       (select sum(quantity)::int from order_items i where i.order_id = c.order_id) as units,
       (select array_agg(sku order by sku) from order_items i where i.order_id = c.order_id) as skus,
       c.capture, ${riskSignalsSql('c')}
  from checkouts c left join orders o on o.id = c.order_id
 where c.order_id = $1`

async function placedBefore(db: Db, orderId: string): Promise<PlaceRow | undefined> {
  const { rows } = await db.query<PlaceRow>({ name: 'placed-before', text: placedBeforeSql, values: [orderId] })
  return rows[0]
}

/** What the risk rules look at, read in the same breath: the customer's latest thirty orders before this one. */
function riskSignalsSql(checkout: string): string {
  return `(select extract(epoch from now() - u.created_at) / 86400 from users u
            where u.id = ${checkout}.user_id)::float as account_age_days,
          ${checkout}.shipping_address - 'phone' - 'name' = ${checkout}.billing_address - 'phone' - 'name' as same_addresses,
          (select coalesce(jsonb_agg(to_jsonb(latest)), '[]')
             from (select total_minor, payment_status, extract(epoch from now() - created_at)::int / 60 as age_minutes
                     from orders where user_id = ${checkout}.user_id and id < ${checkout}.order_id
                    order by id desc limit 30) latest) as recent`
}

function readOutcome(row: PlaceRow): PlaceOutcome {
  if (row.cancel_reason) return { outcome: 'cancelled', reason: row.cancel_reason, wasPaid: row.was_paid ?? false }
  if (row.outcome === 'abandoned' || row.status === 'delivered') return { outcome: 'abandoned' }
  if (row.outcome === 'refused') return { outcome: 'refused', problem: row.problem ?? 'insufficient_stock' }
  return {
    outcome: 'placed',
    number: row.number,
    userId: row.user_id,
    totalMinor: row.total_minor,
    currency: row.currency,
    units: row.units,
    skus: row.skus,
    capture: row.capture,
    isPaid: row.status === 'paid' || row.status === 'shipped',
    shippedAs: (row.status === 'shipped' && row.payment_status) || null,
    signals: {
      amountMinor: row.total_minor,
      accountAgeDays: row.account_age_days,
      sameAddresses: row.same_addresses,
      recentOrders: row.recent.map((order) => ({
        amountMinor: order.total_minor,
        paid: isPaid(order.payment_status),
        failed: order.payment_status === 'failed',
        ageMinutes: order.age_minutes,
      })),
    },
  }
}

const isPaid = (paymentStatus: string): boolean =>
  ['authorized', 'captured', 'partially_refunded'].includes(paymentStatus)
