import type { Database } from '../store/database.ts'
import type { Answer, Purchase } from './shoppers.ts'
import type { Violation } from './world.ts'

/** What customers heard must fit together, and must be so. */
export async function contradictions(database: Database, purchases: readonly Purchase[]): Promise<Violation[]> {
  const { rows } = await database.query<{ id: string; user_id: string; status: string; key: string }>(
    `select o.id, o.user_id, o.status, k.key from orders o
       join idempotency_keys k on k.resource_id = o.id and k.user_id = o.user_id and k.route = 'POST /v1/orders'`,
  )
  const orders = new Map(rows.map((row) => [`${row.user_id} ${row.key}`, row]))
  return purchases.flatMap((purchase): Violation[] => {
    const what = contradiction(purchase.answers, orders.get(`${purchase.userId} ${purchase.key}`))
    return what ? [{ what, subject: `the purchase under ${purchase.key}` }] : []
  })
}

function contradiction(answers: Answer[], order: { id: string; status: string } | undefined): string | undefined {
  const heard = answers.map(({ status, body }) => `${status} ${body?.code ?? body?.status}`).join(', ')
  const last = answers.at(-1)
  if (!last) return 'it was never answered'
  const ids = new Set(answers.flatMap(({ status, body }) => (status < 300 ? [body.id as string] : [])))
  if (ids.size > 1) return `one key was answered with ${ids.size} orders`
  if (ids.size === 1 && !ids.has(order?.id ?? '')) return `an order was acknowledged that is not there: ${heard}`
  const settled = answers.filter(
    ({ status, body }) => status !== 202 && !(status === 409 && body?.code === 'insufficient_stock'),
  )
  if (new Set(settled.map(({ status, body }) => `${status} ${body?.code ?? ''}`)).size > 1)
    return `the answer changed: ${heard}`
  if (settled.some(({ status }) => status === 201) && order?.status === 'pending')
    return `${heard}, and the order is pending`
  if (settled.some(({ status }) => status >= 400) && order && order.status !== 'cancelled')
    return `${heard}, and the order is ${order.status}`
  return undefined
}

export async function unsold(database: Database, productId: string): Promise<number> {
  const { rows } = await database.query<{ left: number }>(
    'select on_hand - reserved as left from stock where product_id = $1',
    [productId],
  )
  return rows[0]?.left ?? 0
}
