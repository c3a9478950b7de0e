import type { Db } from '../database.ts'

/** Calls a person to a replenishment that is open. Kept on the row so that it is found long after the log line is gone. */
export async function flagReplenishment(
  db: Db,
  { replenishmentId, why }: { replenishmentId: string; why: string },
): Promise<void> {
  await db.query(
    `update replenishments set needs_attention = $2, updated_at = now()
      where id = $1 and needs_attention is distinct from $2 and status not in ('received', 'cancelled')`,
    [replenishmentId, why],
  )
}
