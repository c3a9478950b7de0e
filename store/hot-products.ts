import type { Redis } from 'ioredis'
import type { Db } from './database.ts'

const DAY_SECONDS = 24 * 60 * 60
/** What a process counts before it tells: beyond it, only products counted already go on being counted. */
const MOST_COUNTED = 10_000

export type ProductViews = {
  saw(productId: string): void
  /** Adds what this process counted to what all did, and says what was looked at most of late. */
  share(most: number): Promise<string[]>
}

/** Which products are looked at: counted here, added up in Redis by the day. Lost counts cost nothing but a slower first look. */
export function countViews(redis?: Redis): ProductViews {
  let counts = new Map<string, number>()
  return {
    saw(productId) {
      if (counts.size < MOST_COUNTED || counts.has(productId)) counts.set(productId, (counts.get(productId) ?? 0) + 1)
    },
    async share(most) {
      if (!redis) return hottestOf(counts, most)
      const counted = counts
      counts = new Map()
      const [today, yesterday] = [0, DAY_SECONDS].map((ago) => keyOf(Date.now() - ago * 1_000)) as [string, string]
      const added = redis.pipeline()
      for (const [productId, views] of counted) added.zincrby(today, views, productId)
      await added.expire(today, 2 * DAY_SECONDS).exec()
      const latest = await Promise.all([today, yesterday].map((day) => redis.zrevrange(day, 0, most - 1)))
      return [...new Set(latest.flat())].slice(0, most)
    },
  }
}

const keyOf = (timeMs: number): string => `holdfast:views:${new Date(timeMs).toISOString().slice(0, 10)}`

const hottestOf = (counts: Map<string, number>, most: number): string[] =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([productId]) => productId)

/** What sold most often among the latest orders. */
export async function listBestsellers(db: Db, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select product_id as id from order_items
      where order_id in (select id from orders order by id desc limit 1000)
      group by product_id order by count(*) desc, product_id limit $1`,
    [limit],
  )
  return rows.map(({ id }) => id)
}
