import {
  type ApprovalPolicy,
  needsApproval,
  quoteRefund,
  type RefundItem,
  type RefundStatus,
  type RefundWish,
  type Requester,
} from '../../domain/refund.ts'
import { type Database, type Db, inTransaction } from '../database.ts'
import { findRefusal, refuseForGood } from '../refused-requests.ts'
import { findRefundable } from './read.ts'
import { turnOfRefund } from './turn.ts'

export type RefundRequest = RefundWish & {
  refundId: string
  orderId: string
  reason: string
  requester: Requester
  approval: ApprovalPolicy & { deadlineMs: number }
}

type Refused = { outcome: 'refused'; problem: 'refund_exceeds_captured' | 'invalid_request'; detail: string }

export type HoldOutcome =
  | { outcome: 'held'; status: RefundStatus; amountMinor: number; currency: string; attempt: number }
  | Refused

/**
 * Lays claim to the money that a refund is to give back, or refuses. Whoever refunds the same order waits for the one
 * before, so two that together exceed what was captured cannot both be granted. Repeated, it tells where the refund stands,
 * or refuses as before.
 */
export function holdRefund(database: Database, request: RefundRequest): Promise<HoldOutcome> {
  const { refundId, orderId, reason, requester, approval, items } = request
  return inTransaction(database, async (tx) => {
    await waitForTurn(tx, orderId)
    const earlier = await howItStands(tx, refundId)
    if (earlier) return earlier
    const refused = await findRefusal<Refused>(tx, refundId)
    if (refused) return refused
    const refundable = await findRefundable(tx, orderId)
    // The address of a checkout that was refused answers like an order's.
    if (!refundable) return refuseForGood(tx, refundId, neverPlaced)
    const quote = quoteRefund(request, refundable)
    if (quote.outcome === 'refused') return refuseForGood(tx, refundId, quote)
    const status = needsApproval(quote.amountMinor, refundable, requester, approval) ? 'pending_approval' : 'processing'
    await tx.query(
      `with held as (
         update payments set refund_held_minor = refund_held_minor + $3, updated_at = now() where order_id = $2
         returning id, currency
       ), requested as (
         insert into refunds (id, order_id, payment_id, amount_minor, currency, items, reason, status, requested_by, approval_until)
         select $1, $2, id, $3, currency, $4, $5, $6, $7,
                case when $6 = 'pending_approval' then now() + make_interval(secs => $8::float8 / 1000) end from held
       )
       insert into order_timeline (order_id, what, actor, detail)
       select $2, 'refund requested', $7,
              jsonb_build_object('refund_id', $1::text, 'amount', $3::bigint, 'reason', $5::text,
                                 'waits_for_approval', $6 = 'pending_approval') from held
       returning case $6 when 'pending_approval' then pg_notify('outcomes', $1) is null end`,
      [refundId, orderId, quote.amountMinor, JSON.stringify(items), reason, status, requester.id, approval.deadlineMs],
    )
    return { outcome: 'held', status, amountMinor: quote.amountMinor, currency: refundable.currency, attempt: 1 }
  })
}

const neverPlaced = {
  outcome: 'refused',
  problem: 'refund_exceeds_captured',
  detail: 'The order was never placed',
} as const

const refusedBefore = {
  outcome: 'refused',
  problem: 'refund_exceeds_captured',
  detail: 'When this was asked there was not enough left to give back',
} as const

async function waitForTurn(tx: Db, orderId: string): Promise<void> {
  await tx.query('select from payments where order_id = $1 for update', [orderId])
}

async function howItStands(tx: Db, refundId: string): Promise<HoldOutcome | undefined> {
  const { rows } = await tx.query<Omit<HoldOutcome & { outcome: 'held' }, 'outcome'>>(
    `select status, amount_minor as "amountMinor", currency, attempt from refunds where id = $1`,
    [refundId],
  )
  return rows[0] && { outcome: 'held', ...rows[0] }
}

export type RefundDecision = { refundId: string; approved: boolean; by: string; reason: string }

/** What was decided about a refund that waited. Answers where the refund stands now; an earlier decision is not undone. */
export async function decideRefund(db: Db, { refundId, approved, by, reason }: RefundDecision): Promise<RefundStatus> {
  await db.query(
    `with ${turnOfRefund}, decided as (
       update refunds r set status = case when $2 then 'processing' else 'rejected' end, decided_by = $3,
                            needs_attention = null, updated_at = now()
         from turn where r.id = $1 and r.status = 'pending_approval'
       returning r.id, r.order_id, r.payment_id, r.amount_minor, r.status
     ), released as (
       update payments p set refund_held_minor = refund_held_minor - d.amount_minor, updated_at = now()
         from decided d where p.id = d.payment_id and d.status = 'rejected'
     )
     insert into order_timeline (order_id, what, actor, detail)
     select order_id, case when $2 then 'refund approved' else 'refund rejected' end, $3,
            jsonb_build_object('refund_id', id, 'reason', $4::text) from decided`,
    [refundId, approved, by, reason],
  )
  return getRefundStatus(db, refundId)
}

export async function getRefundStatus(db: Db, refundId: string): Promise<RefundStatus> {
  const { rows } = await db.query<{ status: RefundStatus }>('select status from refunds where id = $1', [refundId])
  if (!rows[0]) throw new Error(`There is no refund ${refundId}`)
  return rows[0].status
}

/** `after`: the number of the attempt that came to nothing, as far as whoever asks knows. */
export type HoldAgain = { refundId: string; by: string; after: number }

/**
 * Lays claim to the money once more, for a refund that the gateway had refused. Each asking uses up a number, whether it is
 * granted or not: one that was given up and arrives later finds that it was answered, and claims nothing.
 */
export function holdAgain(database: Database, { refundId, by, after }: HoldAgain): Promise<HoldOutcome> {
  return inTransaction(database, async (tx) => {
    const { rows } = await tx.query<{ orderId: string; amountMinor: number; items: RefundItem[] }>(
      `select r.order_id as "orderId", r.amount_minor as "amountMinor", r.items
         from refunds r join payments p on p.id = r.payment_id
        where r.id = $1 for update of p`,
      [refundId],
    )
    const [refund] = rows
    if (!refund) throw new Error(`There is no refund ${refundId}`)
    const stands = await howItStands(tx, refundId)
    if (stands?.outcome === 'held' && stands.status !== 'failed') return stands
    if (stands?.outcome === 'held' && stands.attempt !== after) return refusedBefore
    const refundable = await findRefundable(tx, refund.orderId)
    const quote = refundable ? quoteRefund(refund, refundable) : neverPlaced
    if (quote.outcome === 'refused') {
      await tx.query('update refunds set attempt = attempt + 1, updated_at = now() where id = $1', [refundId])
      return quote
    }
    await tx.query(
      `with again as (
         update refunds set status = 'processing', attempt = attempt + 1, failure_code = null, needs_attention = null,
                            updated_at = now()
          where id = $1 returning order_id, payment_id, amount_minor
       ), held as (
         update payments p set refund_held_minor = refund_held_minor + a.amount_minor, updated_at = now()
           from again a where p.id = a.payment_id
       )
       insert into order_timeline (order_id, what, actor, detail)
       select order_id, 'refund tried again', $2, jsonb_build_object('refund_id', $1::text) from again`,
      [refundId, by],
    )
    return (await howItStands(tx, refundId)) as HoldOutcome
  })
}
