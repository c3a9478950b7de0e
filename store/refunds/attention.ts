import type { Db } from '../database.ts'

/** Calls a person to a refund. Kept on the row so that it is found long after the log line is gone. */
export async function flagRefund(db: Db, { refundId, why }: { refundId: string; why: string }): Promise<void> {
  await db.query(
    `with flagged as (
       update refunds set needs_attention = $2, updated_at = now()
        where id = $1 and needs_attention is distinct from $2 and status in ('pending_approval', 'processing')
       returning id, order_id
     )
     insert into order_timeline (order_id, what, actor, detail)
     select order_id, 'refund needs attention', 'shop', jsonb_build_object('refund_id', id, 'why', $2::text) from flagged`,
    [refundId, why],
  )
}

/** The trouble is over, or a person has seen to it. */
export async function unflagRefund(db: Db, { refundId }: { refundId: string }): Promise<void> {
  await db.query(
    'update refunds set needs_attention = null, updated_at = now() where id = $1 and needs_attention is not null',
    [refundId],
  )
}

/** Reminds the shop of a refund that waits for a decision: once, in the order's timeline. */
export async function remindOfRefund(db: Db, { refundId }: { refundId: string }): Promise<void> {
  await db.query(
    `insert into order_timeline (order_id, what, actor, detail)
     select r.order_id, 'refund waits for approval', 'shop', jsonb_build_object('refund_id', r.id)
       from refunds r
      where r.id = $1 and r.status = 'pending_approval'
        and not exists (select from order_timeline t where t.order_id = r.order_id and t.what = 'refund waits for approval'
                           and t.detail ->> 'refund_id' = r.id)`,
    [refundId],
  )
}
