import type { Db } from './database.ts'

/** What is done about an order after it was paid for. */
type Aftercare = 'refund' | 'return'

const kinds = {
  refund: {
    table: 'refunds',
    open: ['pending_approval', 'processing'],
    undecided: 'pending_approval',
    awaits: 'approval',
  },
  return: {
    table: 'returns',
    open: ['requested', 'approved', 'partially_received', 'received'],
    undecided: 'requested',
    awaits: 'a decision',
  },
} satisfies Record<Aftercare, object>

export type AftercareFilter<Status> = {
  orderId?: string | undefined
  userId?: string | undefined
  status?: Status | undefined
  needsAttention?: boolean | undefined
  before?: string | undefined
  limit: number
}

/** Newest first. `before` is the last id of the page before; in `columns`, `r` is the row and `o` its order. */
export async function listAftercare<Row extends object>(
  db: Db,
  kind: Aftercare,
  columns: string,
  filter: AftercareFilter<string>,
): Promise<Row[]> {
  const { rows } = await db.query<Row>(
    `select ${columns} from ${kinds[kind].table} r join orders o on o.id = r.order_id
      where ($1::text is null or r.order_id = $1) and ($2::text is null or o.user_id = $2)
        and ($3::text is null or r.status = $3)
        and ($4::boolean is null or (r.needs_attention is not null) = $4) and ($5::text is null or r.id < $5)
      order by r.id desc limit $6`,
    [
      filter.orderId ?? null,
      filter.userId ?? null,
      filter.status ?? null,
      filter.needsAttention ?? null,
      filter.before ?? null,
      filter.limit,
    ],
  )
  return rows
}

/** Calls a person to one that is open. Kept on the row so that it is found long after the log line is gone. */
export async function flagAftercare(db: Db, kind: Aftercare, { id, why }: { id: string; why: string }): Promise<void> {
  await db.query(
    `with flagged as (
       update ${kinds[kind].table} set needs_attention = $2, updated_at = now()
        where id = $1 and needs_attention is distinct from $2 and status = any($3::text[])
       returning id, order_id
     )
     insert into order_timeline (order_id, what, actor, detail)
     select order_id, '${kind} needs attention', 'shop', jsonb_build_object('${kind}_id', id, 'why', $2::text) from flagged`,
    [id, why, kinds[kind].open],
  )
}

/** The trouble is over, or a person has seen to it. */
export async function unflagAftercare(db: Db, kind: Aftercare, id: string): Promise<void> {
  await db.query(
    `update ${kinds[kind].table} set needs_attention = null, updated_at = now()
      where id = $1 and needs_attention is not null`,
    [id],
  )
}

/** Reminds the shop of one that waits for a decision: once, in the order's timeline. */
export async function remindOfAftercare(db: Db, kind: Aftercare, id: string): Promise<void> {
  const { table, undecided, awaits } = kinds[kind]
  await db.query(
    `insert into order_timeline (order_id, what, actor, detail)
     select r.order_id, $2, 'shop', jsonb_build_object('${kind}_id', r.id)
       from ${table} r
      where r.id = $1 and r.status = $3
        and not exists (select from order_timeline t where t.order_id = r.order_id and t.what = $2
                           and t.detail ->> '${kind}_id' = r.id)`,
    [id, `${kind} waits for ${awaits}`, undecided],
  )
}
