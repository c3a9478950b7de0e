import type { Database } from '../store/database.ts'
import type { Answer } from './network.ts'
import type { RefundAsk } from './refund-desk.ts'
import type { Purchase } from './shoppers.ts'
import type { Delivery } from './stockroom.ts'
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

/** A refund that was acknowledged is there, once for each key; a delivery that was acknowledged was counted in. */
export async function brokenWords(
  database: Database,
  refunds: readonly RefundAsk[],
  deliveries: readonly Delivery[],
): Promise<Violation[]> {
  const { rows } = await database.query<{ id: string; status: string }>('select id, status from refunds')
  const statuses = new Map(rows.map(({ id, status }) => [id, status]))
  const { rows: replenishments } = await database.query<{ id: string; received: number }>(
    'select id, received from replenishments',
  )
  const counted = new Map<string, number>()
  for (const { replenishmentId, quantity, answers } of deliveries)
    if (answers.some(({ status }) => status === 201))
      counted.set(replenishmentId, (counted.get(replenishmentId) ?? 0) + quantity)
  return [
    ...refunds.flatMap(({ key, answers }): Violation[] => {
      const what = brokenWord(answers, statuses)
      return what ? [{ what, subject: `the refund under ${key}` }] : []
    }),
    ...replenishments
      .filter(({ id, received }) => received < (counted.get(id) ?? 0))
      .map(({ id, received }) => ({
        what: `${counted.get(id)} were acknowledged, ${received} counted in`,
        subject: id,
      })),
  ]
}

function brokenWord(answers: readonly Answer[], statuses: ReadonlyMap<string, string>): string | undefined {
  const ids = new Set(answers.flatMap(({ status, body }) => (status < 300 ? [body.id as string] : [])))
  if (ids.size > 1) return `one key was answered with ${ids.size} refunds`
  const heard = answers.map(({ status, body }) => `${status} ${body?.code ?? body?.status}`).join(', ')
  const [id] = ids
  const isRefused = answers.some(({ status }) => status >= 400)
  if (id === undefined) return undefined
  const status = statuses.get(id)
  if (status === undefined) return `a refund was acknowledged that is not there: ${heard}`
  if (isRefused) return `the answer changed: ${heard}`
  const isPaid = answers.some(({ status: code, body }) => code === 201 && body.status === 'succeeded')
  return isPaid && status !== 'succeeded' ? `${heard}, and the refund is ${status}` : undefined
}

export async function unsold(database: Database, productId: string): Promise<number> {
  const { rows } = await database.query<{ left: number }>(
    'select on_hand - reserved as left from stock where product_id = $1',
    [productId],
  )
  return rows[0]?.left ?? 0
}
