import type { Database } from '../store/database.ts'
import type { Answer } from './network.ts'
import type { RefundAsk } from './refund-desk.ts'
import type { ReturnAsk } from './return-desk.ts'
import type { Purchase } from './shoppers.ts'
import type { Delivery } from './stockroom.ts'
import type { Suppliers } from './supplier.ts'
import type { Violation } from './world.ts'

/** What customers heard must fit together, and must be so. */
export async function contradictions(database: Database, purchases: readonly Purchase[]): Promise<Violation[]> {
  const { rows } = await database.query<{ id: string; user_id: string; status: string; key: string }>(
    `select c.order_id as id, c.user_id, coalesce(o.status, c.outcome) as status, k.key
       from checkouts c left join orders o on o.id = c.order_id
       join idempotency_keys k on k.resource_id = c.order_id and k.user_id = c.user_id and k.route = 'POST /v1/orders'`,
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
  if (answers.some(({ status, body }) => status === 201 && body?.status === 'pending'))
    return `it was answered as decided before it was: ${heard}`
  const settled = answers.filter(
    ({ status, body }) => status !== 202 && !(status === 409 && body?.code === 'insufficient_stock'),
  )
  if (new Set(settled.map(({ status, body }) => `${status} ${body?.code ?? ''}`)).size > 1)
    return `the answer changed: ${heard}`
  const isUndecided = order !== undefined && ['received', 'pending'].includes(order.status)
  const isGivenUp = order !== undefined && ['refused', 'abandoned'].includes(order.status)
  if (settled.some(({ status }) => status === 201) && (isUndecided || isGivenUp))
    return `it did not end as was answered: ${heard}, and the order is ${order.status}`
  // One that was acknowledged while the database was away is given up before it is placed.
  if (settled.some(({ status }) => status >= 400) && order && order.status !== 'cancelled' && !isGivenUp)
    return `it did not end as was answered: ${heard}, and the order is ${order.status}`
  return undefined
}

/** What was asked for and heard, beside the purchases. */
export type Heard = { refunds: RefundAsk[]; returns: ReturnAsk[]; deliveries: Delivery[] }

/** A refund or a return that was acknowledged is there, once for each key; units whose receipt was acknowledged were counted in. */
export async function brokenWords(database: Database, { refunds, returns, deliveries }: Heard): Promise<Violation[]> {
  const { rows } = await database.query<{ id: string; status: string; received: number }>(
    `select id, status, 0 as received from refunds
     union all
     select r.id, r.status, sum(l.received)::int from returns r join return_lines l on l.return_id = r.id group by r.id
     union all
     select id, status, received from replenishments`,
  )
  const books = new Map(rows.map((row) => [row.id, row]))
  const counted = new Map<string, number>()
  const count = (id: string, quantity: number, answers: readonly Answer[]) =>
    isAcknowledged(answers) && counted.set(id, (counted.get(id) ?? 0) + quantity)
  for (const { replenishmentId, quantity, answers } of deliveries) count(replenishmentId, quantity, answers)
  for (const { answers, parcels } of returns)
    for (const parcel of parcels) count(answers.at(-1)?.body.id, parcel.quantity, parcel.answers)
  return [
    ...[...refunds, ...returns].flatMap(({ key, answers }): Violation[] => {
      const what = brokenWord(answers, (id) => books.get(id)?.status)
      return what ? [{ what, subject: `what was asked under ${key}` }] : []
    }),
    ...rows
      .filter(({ id, received }) => received < (counted.get(id) ?? 0))
      .map(({ id, received }) => ({
        what: `${counted.get(id)} were acknowledged, ${received} counted in`,
        subject: id,
      })),
  ]
}

const isAcknowledged = (answers: readonly Answer[]): boolean => answers.some(({ status }) => status === 201)

/** Goods that came back are paid back once nothing stands in the way, where their money is neither disputed nor claimed by others. */
export async function unpaidReturns(database: Database): Promise<Violation[]> {
  const { rows } = await database.query<Violation>(
    `select r.id as subject, 'it came back and is not paid: ' || coalesce(r.needs_attention, 'and nobody knows') as what
       from returns r join payments p using (order_id)
      where r.status = 'received' and p.disputed_minor = 0 and p.refund_held_minor = 0 order by r.id`,
  )
  return rows
}

/** What suppliers believe that is wanted of them is what the shop waits for, and no more. */
export async function strayOrders(database: Database, suppliers: Suppliers): Promise<Violation[]> {
  const { rows } = await database.query<{ key: string; status: string; promised: number }>(
    `select replenishment_id || ':supplier:' || turn as key, status, confirmed_quantity as promised from supplier_orders`,
  )
  const ours = new Map(rows.map((row) => [row.key, row]))
  return [...suppliers.books].flatMap(([key, { status, confirmedQuantity }]): Violation[] => {
    const promised = status === 'confirmed' ? confirmedQuantity : 0
    const awaited = ours.get(key)?.status === 'confirmed' ? (ours.get(key)?.promised ?? 0) : 0
    return promised === awaited ? [] : [{ what: `${promised} are promised, ${awaited} awaited`, subject: key }]
  })
}

function brokenWord(answers: readonly Answer[], statusOf: (id: string) => string | undefined): string | undefined {
  const ids = new Set(answers.flatMap(({ status, body }) => (status < 300 ? [body.id as string] : [])))
  if (ids.size > 1) return `one key was answered with ${ids.size} things`
  const heard = answers.map(({ status, body }) => `${status} ${body?.code ?? body?.status}`).join(', ')
  const [id] = ids
  const isRefused = answers.some(({ status }) => status >= 400)
  if (id === undefined) return undefined
  const status = statusOf(id)
  if (status === undefined) return `it was acknowledged and is not there: ${heard}`
  if (isRefused) return `the answer changed: ${heard}`
  const isPaid = answers.some(({ status: code, body }) => code === 201 && body.status === 'succeeded')
  return isPaid && status !== 'succeeded' ? `${heard}, and it is ${status}` : undefined
}

export async function unsold(database: Database, productId: string): Promise<number> {
  const { rows } = await database.query<{ left: number }>(
    'select on_hand - reserved as left from stock where product_id = $1',
    [productId],
  )
  return rows[0]?.left ?? 0
}
