import type { Redis } from 'ioredis'
import type { Db } from './database.ts'

export type ProductView = { userId: string; productId: string; viewedAt: Date }

const STREAM = 'holdfast:views'
const GROUP = 'collectors'
const COLLECTOR = 'collector'
/** What nobody collects in time is forgotten: a view is not worth the memory of a server. */
const MOST_WAITING = 200_000
const KEPT_DAYS = 90

/** Notes a view without keeping anybody waiting. Where Redis is away, the view is not noted. */
export type NoteView = (view: ProductView) => void

export const noteViewsIn =
  (redis: Redis | undefined): NoteView =>
  ({ userId, productId, viewedAt }) => {
    redis
      ?.xadd(STREAM, 'MAXLEN', '~', MOST_WAITING, '*', 'u', userId, 'p', productId, 'at', viewedAt.getTime())
      .catch(() => {})
  }

/** Makes the group that collects, once; it begins with the oldest view that waits. */
export async function openViewStream(redis: Redis): Promise<void> {
  try {
    await redis.xgroup('CREATE', STREAM, GROUP, '0', 'MKSTREAM')
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error
  }
}

export type WaitingViews = { entryIds: string[]; views: ProductView[] }

/** `begun`: what an earlier collector took and did not finish. Otherwise what nobody took yet. */
export async function takeViews(
  redis: Redis,
  { begun, most }: { begun: boolean; most: number },
): Promise<WaitingViews> {
  const start = begun ? '0' : '>'
  const answer = await redis.xreadgroup('GROUP', GROUP, COLLECTOR, 'COUNT', most, 'STREAMS', STREAM, start)
  const entries = answer?.[0]?.[1] ?? []
  return {
    entryIds: entries.map(([id]) => id),
    // One that was trimmed away meanwhile has no fields any more.
    views: entries.flatMap(([, fields]) => (fields ? [viewOf(fields)] : [])),
  }
}

function viewOf(fields: readonly string[]): ProductView {
  const field = (name: string) => fields[fields.indexOf(name) + 1] ?? ''
  return { userId: field('u'), productId: field('p'), viewedAt: new Date(Number(field('at'))) }
}

/** They are in the database: the stream need not keep them. */
export async function forgetViews(redis: Redis, entryIds: readonly string[]): Promise<void> {
  await redis.xack(STREAM, GROUP, ...entryIds)
  await redis.xdel(STREAM, ...entryIds)
}

/** Repeating it changes nothing. What names nobody or nothing of ours is left out. */
export async function recordViews(db: Db, views: readonly ProductView[]): Promise<void> {
  await db.query({
    name: 'record-views',
    text: `insert into product_views (user_id, product_id, viewed_on, viewed_at)
           select u.id, p.id, (v.viewed_at at time zone 'UTC')::date, max(v.viewed_at)
             from unnest($1::text[], $2::text[], $3::timestamptz[]) as v (user_id, product_id, viewed_at)
             join users u on u.id = v.user_id join products p on p.id = v.product_id
            group by u.id, p.id, (v.viewed_at at time zone 'UTC')::date
            order by u.id, p.id
           on conflict (user_id, product_id, viewed_on)
           do update set viewed_at = excluded.viewed_at where product_views.viewed_at < excluded.viewed_at`,
    values: [views.map((v) => v.userId), views.map((v) => v.productId), views.map((v) => v.viewedAt)],
  })
}

/** Views are kept no longer than anything learns from them. Answers how many went; it may be called until none does. */
export async function deleteOldViews(db: Db, most: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from product_views where ctid in (
       select ctid from product_views where viewed_on < current_date - $1::integer limit $2)`,
    [KEPT_DAYS, most],
  )
  return rowCount ?? 0
}
