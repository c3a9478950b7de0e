import type { Db } from '../database.ts'

/** Calls a person to a return that is open. Kept on the row so that it is found long after the log line is gone. */
export async function flagReturn(db: Db, { returnId, why }: { returnId: string; why: string }): Promise<void> {
  await db.query(
    `with flagged as (
       update returns set needs_attention = $2, updated_at = now()
        where id = $1 and needs_attention is distinct from $2
          and status in ('requested', 'approved', 'partially_received', 'received')
       returning id, order_id
     )
     insert into order_timeline (order_id, what, actor, detail)
     select order_id, 'return needs attention', 'shop', jsonb_build_object('return_id', id, 'why', $2::text) from flagged`,
    [returnId, why],
  )
}

/** The trouble is over, or a person has seen to it. */
export async function unflagReturn(db: Db, { returnId }: { returnId: string }): Promise<void> {
  await db.query(
    'update returns set needs_attention = null, updated_at = now() where id = $1 and needs_attention is not null',
    [returnId],
  )
}

/** Reminds the shop of a return that waits for a decision: once, in the order's timeline. */
export async function remindOfReturn(db: Db, { returnId }: { returnId: string }): Promise<void> {
  await db.query(
    `insert into order_timeline (order_id, what, actor, detail)
     select r.order_id, 'return waits for a decision', 'shop', jsonb_build_object('return_id', r.id)
       from returns r
      where r.id = $1 and r.status = 'requested'
        and not exists (select from order_timeline t where t.order_id = r.order_id and t.what = 'return waits for a decision'
                           and t.detail ->> 'return_id' = r.id)`,
    [returnId],
  )
}
