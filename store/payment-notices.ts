import type { PaymentStatus } from '../domain/order.ts'
import type { Db } from './database.ts'

type Notice = { id: string; type: string; orderId: string; intentId: string; amountMinor: number; currency: string }

/** Keeps a notice as it came in. Answers whether it still has to be acted on: a repeated one may, if its first was lost. */
export async function recordNotice(db: Db, notice: Notice): Promise<'due' | 'handled'> {
  const { rows } = await db.query<{ handled: boolean }>(
    `insert into payment_notices (id, type, order_id, intent_id, amount_minor, currency) values ($1, $2, $3, $4, $5, $6)
     on conflict (id) do update set id = excluded.id
     returning handled_at is not null as handled`,
    [notice.id, notice.type, notice.orderId, notice.intentId, notice.amountMinor, notice.currency],
  )
  return rows[0]?.handled ? 'handled' : 'due'
}

export async function markNoticeHandled(db: Db, noticeId: string): Promise<void> {
  await db.query('update payment_notices set handled_at = now() where id = $1 and handled_at is null', [noticeId])
}

/** The order that a notice is about: some name only the payment, a dispute does. */
export async function findNotifiedOrder(
  db: Db,
  notice: { orderId?: string | undefined; intentId: string },
): Promise<{ id: string; paymentStatus: PaymentStatus } | undefined> {
  const { rows } = await db.query<{ id: string; paymentStatus: PaymentStatus }>({
    name: 'find-notified-order',
    text: `select id, payment_status as "paymentStatus" from orders
            where id = coalesce($1, (select order_id from payments where transaction_id = $2))`,
    values: [notice.orderId, notice.intentId],
  })
  return rows[0]
}
