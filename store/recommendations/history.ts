import type { Db } from '../database.ts'

/** Who took an interest in what, and in which week. */
export type Interest = { userId: string; productIds: string[]; week: number }

const LEARNS_FROM_DAYS = 365

const weekOf = (moment: string) => `(extract(epoch from ${moment}) / 604800)::integer`

/** Orders that were not given up, newest first: ids are by time. */
export async function listBought(
  db: Db,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<(Interest & { orderId: string })[]> {
  const { rows } = await db.query<Interest & { orderId: string }>(
    `select o.id as "orderId", o.user_id as "userId", ${weekOf('o.created_at')} as week,
            (select array_agg(i.product_id::text order by i.product_id) from order_items i where i.order_id = o.id) as "productIds"
       from orders o
      where o.id > order_id_floor(now() - make_interval(days => $3)) and ($1::text is null or o.id < $1)
        and o.status <> 'cancelled'
      order by o.id desc limit $2`,
    [before ?? null, limit, LEARNS_FROM_DAYS],
  )
  return rows
}

export type ViewPosition = { day: string; userId: string; productId: string }

export const beforeAnyView: ViewPosition = { day: 'infinity', userId: '', productId: '' }

/** Views, newest first. */
export async function listViewed(
  db: Db,
  { from, limit }: { from: ViewPosition; limit: number },
): Promise<{ viewed: Interest[]; next: ViewPosition | undefined }> {
  const { rows } = await db.query<ViewPosition & { week: number }>(
    `select viewed_on::text as day, user_id as "userId", product_id as "productId", ${weekOf('viewed_at')} as week
       from product_views where (viewed_on, user_id, product_id) < ($1::date, $2::text collate "C", $3::text collate "C")
      order by viewed_on desc, user_id desc, product_id desc limit $4`,
    [from.day, from.userId, from.productId, limit],
  )
  const last = rows.at(-1)
  return {
    viewed: rows.map(({ userId, productId, week }) => ({ userId, productIds: [productId], week })),
    next: rows.length === limit && last ? { day: last.day, userId: last.userId, productId: last.productId } : undefined,
  }
}

export async function listSegments(db: Db, userIds: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ id: string; segments: string[] }>(
    'select id, recommendation_segments(profile) as segments from users where id = any($1::text[])',
    [userIds],
  )
  return new Map(rows.map(({ id, segments }) => [id, segments]))
}

/** The category of each product and those it is in, in small letters as they are liked. */
export async function listCategories(db: Db, productIds: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ id: string; categories: string[] }>(
    'select id, category_branches(lower(category)) as categories from products where id = any($1::text[])',
    [productIds],
  )
  return new Map(rows.map(({ id, categories }) => [id, categories]))
}
