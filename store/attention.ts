import type { Db } from './database.ts'

/** How many orders wait for a person, because an undo could not be finished. */
export async function countOrdersNeedingAttention(db: Db): Promise<number> {
  const { rows } = await db.query<{ count: number }>(`select count(*) from orders where needs_attention is not null`)
  return rows[0]?.count ?? 0
}
