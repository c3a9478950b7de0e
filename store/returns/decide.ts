import type { Db } from '../database.ts'
import { getReturnStanding, type ReturnStanding, turnOfReturn } from './standing.ts'

export type ReturnDecision = {
  returnId: string
  approved: boolean
  by: string
  reason: string
  /** What has not come by then is not waited for. */
  receiveUntilMs: number
}

/** What was decided about a return. An earlier decision is not undone. Answers where the return stands. */
export async function decideReturn(db: Db, decision: ReturnDecision): Promise<ReturnStanding> {
  const { returnId, approved, by, reason, receiveUntilMs } = decision
  await db.query(
    `with ${turnOfReturn}, decided as (
       update returns r set status = case when $2 then 'approved' else 'denied' end, decided_by = $3, decision_reason = $4,
                            receive_until = case when $2 then to_timestamp($5::float8 / 1000) end, needs_attention = null,
                            updated_at = now()
         from was where r.id = was.id and was.status = 'requested'
       returning r.id, r.order_id
     ), ${released('decided where not $2')}
     insert into order_timeline (order_id, what, actor, detail)
     select order_id, case when $2 then 'return approved' else 'return denied' end, $3,
            jsonb_build_object('return_id', id, 'reason', $4::text) from decided`,
    [returnId, approved, by, reason, receiveUntilMs],
  )
  return getReturnStanding(db, returnId)
}

/** Whoever wanted to send it back keeps it. Once something has come it is too late for that. Answers where it stands. */
export async function cancelReturn(
  db: Db,
  { returnId, by, reason }: { returnId: string; by: string; reason: string },
): Promise<ReturnStanding> {
  await db.query(
    `with ${turnOfReturn}, cancelled as (
       update returns r set status = 'cancelled', cancelled_by = $2, needs_attention = null, updated_at = now()
         from was where r.id = was.id and was.status in ('requested', 'approved')
       returning r.id, r.order_id
     ), ${released('cancelled')}
     insert into order_timeline (order_id, what, actor, detail)
     select order_id, 'return cancelled', $2, jsonb_build_object('return_id', id, 'reason', $3::text) from cancelled`,
    [returnId, by, reason],
  )
  return getReturnStanding(db, returnId)
}

/** Nobody waits any more: what has come is all, and a return of which nothing came has expired. Answers where it stands. */
export async function expireReturn(db: Db, { returnId }: { returnId: string }): Promise<ReturnStanding> {
  await db.query(
    `with ${turnOfReturn}, ended as (
       update returns r set status = case was.status when 'approved' then 'expired' else 'received' end, needs_attention = null,
                            updated_at = now()
         from was where r.id = was.id and was.status in ('approved', 'partially_received')
       returning r.id, r.order_id, r.status
     ), ${released('ended')}
     insert into order_timeline (order_id, what, actor, detail)
     select order_id, case status when 'expired' then 'return expired' else 'return received in part' end, 'shop',
            jsonb_build_object('return_id', id) from ended`,
    [returnId],
  )
  return getReturnStanding(db, returnId)
}

/** The claim to units that will not come is given up: they can be returned, or refunded, another time. */
const released = (ended: string): string => `line as materialized (
       select gone.order_id, l.product_id, l.quantity - l.received as missing
         from (select id, order_id from ${ended}) as gone join return_lines l on l.return_id = gone.id for update of l
     ), released as (
       update reservations v set returned = v.returned - l.missing, updated_at = now()
         from line l where v.order_id = l.order_id and v.product_id = l.product_id and l.missing > 0
     )`
