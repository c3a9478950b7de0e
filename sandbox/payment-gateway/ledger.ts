import type { DatabaseSync } from 'node:sqlite'
import { v7 as uuid } from 'uuid'
import type { Intent } from './intents.ts'

type EntryType = 'authorization' | 'capture' | 'void' | 'refund' | 'dispute' | 'reinstatement'

export type LedgerEntry = {
  id: string
  type: EntryType
  amount: number
  currency: string
  order_id: string
  intent_id: string
  /** A dispute and its end are the bank's doing, so they have none. */
  idempotency_key: string | null
  created_at: string
}

export type Ledger = ReturnType<typeof createLedger>

/** Every movement of money, in the order it happened. Entries are added and never changed. */
export function createLedger(db: DatabaseSync) {
  const insert = db.prepare(
    `insert into ledger (id, type, amount, currency, order_id, intent_id, idempotency_key, created_at)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const select = db.prepare(
    `select position, id, type, amount, currency, order_id, intent_id, idempotency_key, created_at
       from ledger where position > ? order by position limit ?`,
  )
  const selectOfOrder = db.prepare(
    `select position, id, type, amount, currency, order_id, intent_id, idempotency_key, created_at
       from ledger where order_id = ? and position > ? order by position limit ?`,
  )

  return {
    /** A refund is entered under its own id, so that the shop finds its refunds here by the id it was given. */
    record(type: EntryType, intent: Intent, amount: number, key: string | null, id = `le_${uuid()}`): void {
      const createdAt = new Date().toISOString()
      insert.run(id, type, amount, intent.currency, intent.order_id, intent.id, key, createdAt)
    },

    list({ orderId, after = 0, limit }: { orderId?: string | undefined; after?: number; limit?: number | undefined }) {
      const atMost = limit === undefined ? -1 : limit + 1
      const rows = (
        orderId === undefined ? select.all(after, atMost) : selectOfOrder.all(orderId, after, atMost)
      ) as (LedgerEntry & { position: number })[]
      const page = limit === undefined ? rows : rows.slice(0, limit)
      const next = page.length < rows.length ? (page.at(-1)?.position ?? null) : null
      return { entries: page.map((row) => ({ ...row, position: undefined })), next }
    },
  }
}
