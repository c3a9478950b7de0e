import type { Db } from '../database.ts'

/**
 * Gives up a request that nobody began to carry out. It holds nothing; whoever repeats it now is told that nothing was
 * charged. A workflow that starts after all finds it given up. Answers whether there was something to give up.
 */
export async function abandonCheckout(db: Db, orderId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update checkouts set outcome = 'abandoned', refusal = jsonb_build_object('code', 'shop_unavailable'), updated_at = now()
      where order_id = $1 and outcome = 'received' and created_at < now() - interval '1 hour'`,
    [orderId],
  )
  return rowCount === 1
}
