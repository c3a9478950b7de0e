import type { Db } from '../database.ts'
import { type Event, factValues, type OrderFact, toldSql, untoldSql } from '../events.ts'

/** `paid`: the order is paid now or was already. `cancelled`: it was given up first, and the money must go back. */
export type ConfirmOutcome = 'paid' | 'cancelled'

export type Confirmation = { orderId: string; intentId: string; riskScore: number }

/**
 * The order is paid and its units leave the shelf, in one statement. Whoever moves the order out of 'pending' wins; a
 * repeat changes nothing and reports what stands.
 */
export async function confirmOrder(db: Db, { orderId, intentId, riskScore }: Confirmation): Promise<ConfirmOutcome> {
  const { rows } = await db.query<{ status: string }>({
    name: 'confirm-order',
    text: `
with confirmed as (
  update orders set status = 'paid', payment_status = 'authorized', risk_score = $3, next_action = null,
                    review_until = null, updated_at = now()
   where id = $1 and status = 'pending'
  returning id
), hold as (
  update payments p set authorized_minor = amount_minor, transaction_id = $2, updated_at = now()
    from confirmed where p.order_id = confirmed.id
  returning p.capture
), consumed as (
  update reservations r set state = 'consumed', updated_at = now()
    from confirmed where r.order_id = confirmed.id and r.state = 'active'
  returning r.order_id, r.product_id, r.quantity
), locked as materialized (
  select s.product_id, c.quantity from stock s join reservations c using (product_id), confirmed
   where c.order_id = confirmed.id and c.state = 'active' order by s.product_id for update of s
), taken as (
  update stock s set on_hand = s.on_hand - l.quantity, reserved = s.reserved - l.quantity, updated_at = now()
    from locked l where s.product_id = l.product_id
), ledger as (
  insert into inventory_records (product_id, change_quantity, change_type, reason, order_id, source)
  select product_id, -quantity, 'out', 'sold', order_id, order_id || ':sale' from consumed
), told as (
  insert into order_timeline (order_id, what, from_status, to_status, actor, detail)
  select id, 'order paid', 'pending', 'paid', 'shop', jsonb_build_object('risk_score', $3::real) from confirmed
)
select 'paid' as status, case when hold.capture = 'manual' then pg_notify('outcomes', $1) is null end as notified
  from confirmed, hold`,
    values: [orderId, intentId, riskScore],
  })
  return rows[0] ? 'paid' : alreadySettled(db, orderId)
}

async function alreadySettled(db: Db, orderId: string): Promise<ConfirmOutcome> {
  const { rows } = await db.query<{ status: string }>('select status from orders where id = $1', [orderId])
  return rows[0] && rows[0].status !== 'cancelled' ? 'paid' : 'cancelled'
}

/**
 * The money is ours, and the world is told so together with these facts. Announced to whoever waits for the order's
 * outcome. Returns what Redis does not have of the order's events.
 */
export async function recordCapture(db: Db, orderId: string, facts: OrderFact[] = []): Promise<Event[]> {
  const { rows } = await db.query<Event>({
    name: 'record-capture',
    text: `
with captured as (
  update payments set captured_minor = amount_minor, captured_at = now(), status = 'success', updated_at = now()
   where order_id = $1 and captured_minor = 0 and not voided
  returning order_id, amount_minor, currency
), shown as (
  update orders o set payment_status = 'captured', updated_at = now() from captured c where o.id = c.order_id
  returning pg_notify('outcomes', o.id)
), noted as (
  insert into order_timeline (order_id, what, actor, detail)
  select order_id, 'payment captured', 'shop', jsonb_build_object('amount', amount_minor, 'currency', currency) from captured
), ${toldSql(`case when exists (select from captured) then 'captured' else o.payment_status end`)} ${untoldSql}`,
    values: [orderId, ...factValues(facts)],
  })
  return rows
}

export type CustomerAction = { orderId: string; intentId: string; url: string; expiresAt: string }

/** The customer has something to prove at the gateway before the payment goes on. */
export async function recordCustomerAction(db: Db, action: CustomerAction): Promise<void> {
  const nextAction = {
    type: 'customer_action',
    payment_intent_id: action.intentId,
    url: action.url,
    expires_at: action.expiresAt,
  }
  await db.query(
    `with waiting as (
       update orders set payment_status = 'requires_action', next_action = $2, updated_at = now()
        where id = $1 and status = 'pending' and payment_status = 'pending'
       returning id
     ), told as (
       insert into order_timeline (order_id, what, actor, detail)
       select id, 'customer action required', 'shop', jsonb_build_object('expires_at', $3::text) from waiting
     )
     select pg_notify('outcomes', id) from waiting`,
    [action.orderId, JSON.stringify(nextAction), action.expiresAt],
  )
}

export type Review = { orderId: string; intentId: string; riskScore: number; until: string }

/** The order waits for a person to approve or reject it. */
export async function recordReview(db: Db, review: Review): Promise<void> {
  await db.query(
    `with waiting as (
       update orders set payment_status = 'authorized', risk_score = $2, review_until = $3, next_action = null,
                         updated_at = now()
        where id = $1 and status = 'pending' and review_until is null
       returning id
     ), hold as (
       update payments p set authorized_minor = amount_minor, transaction_id = $4, updated_at = now()
         from waiting where p.order_id = waiting.id
     ), told as (
       insert into order_timeline (order_id, what, actor, detail)
       select id, 'review required', 'shop', jsonb_build_object('risk_score', $2::real, 'until', $3::text) from waiting
     )
     select pg_notify('outcomes', id) from waiting`,
    [review.orderId, review.riskScore, review.until, review.intentId],
  )
}

export type ReviewDecision = { orderId: string; approved: boolean; by: string; reason: string }

/** What a reviewer decided, for the record; the workflow acts on it. */
export async function recordDecision(db: Db, decision: ReviewDecision): Promise<void> {
  await db.query(
    `with decided as (
       update orders set review_until = null, updated_at = now()
        where id = $1 and status = 'pending' and review_until is not null
       returning id
     )
     insert into order_timeline (order_id, what, actor, detail)
     select id, case when $2 then 'review approved' else 'review rejected' end, $3, jsonb_build_object('reason', $4::text)
       from decided`,
    [decision.orderId, decision.approved, decision.by, decision.reason],
  )
}

export type PaymentTerms = { amountMinor: number; currency: string; token: string }

/** What the gateway is to be asked for. The token is read here so that it stays out of workflow histories. */
export async function getPaymentTerms(db: Db, orderId: string): Promise<PaymentTerms> {
  const { rows } = await db.query<PaymentTerms>({
    name: 'get-payment-terms',
    text: `select amount_minor as "amountMinor", currency, token from payments where order_id = $1`,
    values: [orderId],
  })
  if (!rows[0]) throw new Error(`There is no payment for ${orderId}`)
  return rows[0]
}

/** Where the money of an order that was captured lies at the gateway. */
export async function getCharge(db: Db, orderId: string): Promise<{ intentId: string }> {
  const { rows } = await db.query<{ intentId: string | null }>({
    name: 'get-charge',
    text: `select transaction_id as "intentId" from payments where order_id = $1 and captured_minor > 0`,
    values: [orderId],
  })
  const intentId = rows[0]?.intentId
  if (!intentId) throw new Error(`There is no charge for ${orderId}`)
  return { intentId }
}
