import type { DatabaseSync } from 'node:sqlite'

type IntentStatus = 'requires_action' | 'authorized' | 'captured' | 'voided' | 'declined'

export type Intent = {
  id: string
  idempotency_key: string
  order_id: string
  token: string
  status: IntentStatus
  amount: number
  currency: string
  captured_amount: number
  refunded_amount: number
  decline_code: string | null
  risk_score: number
  created_at: string
}

export type Refund = { id: string; intent_id: string; amount: number; currency: string; created_at: string }

/** The rows behind payment intents and refunds; what may follow what is decided in payments.ts. */
export function createIntents(db: DatabaseSync) {
  const byId = db.prepare('select * from intents where id = ?')
  const byKey = db.prepare('select * from intents where idempotency_key = ?')
  const insert = db.prepare(
    `insert into intents (id, idempotency_key, order_id, token, status, amount, currency, decline_code, risk_score, created_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const update = db.prepare(
    'update intents set status = ?, captured_amount = ?, refunded_amount = ?, decline_code = ? where id = ?',
  )
  const refundById = db.prepare('select * from refunds where id = ?')
  const insertRefund = db.prepare(
    'insert into refunds (id, intent_id, amount, currency, created_at) values (?, ?, ?, ?, ?)',
  )

  return {
    find: (id: string) => byId.get(id) as Intent | undefined,
    findByKey: (key: string) => byKey.get(key) as Intent | undefined,
    findRefund: (id: string) => refundById.get(id) as Refund | undefined,

    add(intent: Intent): void {
      insert.run(
        intent.id,
        intent.idempotency_key,
        intent.order_id,
        intent.token,
        intent.status,
        intent.amount,
        intent.currency,
        intent.decline_code,
        intent.risk_score,
        intent.created_at,
      )
    },

    change(intent: Intent, change: Partial<Intent>): Intent {
      const next = { ...intent, ...change }
      update.run(next.status, next.captured_amount, next.refunded_amount, next.decline_code, next.id)
      return next
    },

    addRefund(refund: Refund): void {
      insertRefund.run(refund.id, refund.intent_id, refund.amount, refund.currency, refund.created_at)
    },
  }
}
