import { DatabaseSync } from 'node:sqlite'
import { v7 as uuid } from 'uuid'
import { transaction } from '../payment-gateway/database.ts'
import { GatewayProblem } from '../payment-gateway/problem.ts'
import type { Settings } from './settings.ts'

export type NewOrder = {
  supplier: { id: string; name: string }
  sku: string
  quantity: number
  unit_cost: { amount: number; currency: string }
}

type Row = {
  key: string
  id: string
  supplier_id: string
  supplier_name: string
  request: string
  quantity: number
  status: 'received' | 'confirmed' | 'refused' | 'withdrawn'
  confirmed_quantity: number
  expected_at: string | null
  reason: string | null
  created_at: string
}

export type Orders = ReturnType<typeof createOrders>

const DAY_MS = 86_400_000

/**
 * `full` syncs every commit to disk: what a supplier has promised must outlive a power cut, because the shop's own
 * database does.
 */
export function openDatabase(file: string): DatabaseSync {
  try {
    const db = new DatabaseSync(file, { timeout: 5_000 })
    db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
    db.exec(schema)
    return db
  } catch (error) {
    throw new Error(`The sandbox supplier cannot use ${file} for its orders: ${(error as Error).message}.`, {
      cause: error,
    })
  }
}

/**
 * The suppliers' own books. Whether an order is decided is looked at whenever it is touched, so that changed settings
 * also hold for what is waiting. Requests follow each other here and never overlap.
 */
export function createOrders(db: DatabaseSync, settings: Settings) {
  const select = db.prepare('select * from orders where key = ?')
  const insert = db.prepare(
    `insert into orders (key, id, supplier_id, supplier_name, request, quantity, status, created_at)
     values (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const decide = db.prepare(
    'update orders set status = ?, confirmed_quantity = ?, expected_at = ?, reason = ? where key = ?',
  )
  const withdraw = db.prepare(`update orders set status = 'withdrawn' where key = ?`)
  const addReminder = db.prepare(
    'insert into reminders (key, order_key, about, created_at) values (?, ?, ?, ?) on conflict (key) do nothing',
  )
  const selectReminders = db.prepare('select about, created_at from reminders where order_key = ? order by created_at')
  const selectAll = db.prepare(
    'select * from orders where ?1 is null or supplier_id = ?1 or supplier_name = ?1 order by id',
  )

  const find = (key: string) => select.get(key) as Row | undefined
  const now = () => new Date().toISOString()

  /** What the supplier says today of an order that it has not decided. */
  function settle(row: Row): Row {
    const { behaviour, answer_after_ms, part, deliver_in_days } = settings.of(supplierOf(row))
    const isDue = Date.now() - Date.parse(row.created_at) >= answer_after_ms
    if (row.status !== 'received' || behaviour === 'never_answers' || !isDue) return row
    if (behaviour === 'refuses') decide.run('refused', 0, null, 'sold_out', row.key)
    else {
      const promised = behaviour === 'confirms' ? row.quantity : Math.max(1, Math.floor(row.quantity * part))
      const expectedAt = new Date(Date.now() + deliver_in_days * DAY_MS).toISOString()
      decide.run('confirmed', promised, expectedAt, null, row.key)
    }
    return find(row.key) as Row
  }

  return {
    /** One key, one order: a repeat hears how it stands, and one that was withdrawn before it came is never taken up. */
    place(key: string, request: NewOrder) {
      return transaction(db, () => {
        const known = find(key)
        const fingerprint = JSON.stringify(request)
        if (known && known.request !== '' && known.request !== fingerprint)
          throw new GatewayProblem(409, 'idempotency_key_reused', 'This idempotency key belongs to another order.')
        if (!known) {
          const { supplier, quantity } = request
          insert.run(key, `so_${uuid()}`, supplier.id, supplier.name, fingerprint, quantity, 'received', now())
        }
        return present(settle(find(key) as Row))
      })
    },

    remind(key: string, reminderKey: string, about: string) {
      return transaction(db, () => {
        const row = find(key)
        if (!row) throw new GatewayProblem(404, 'order_not_found', 'There is no such order.')
        addReminder.run(reminderKey, key, about, now())
        return present(settle(row))
      })
    },

    withdraw(key: string, supplier: NewOrder['supplier']) {
      return transaction(db, () => {
        if (!find(key)) insert.run(key, `so_${uuid()}`, supplier.id, supplier.name, '', 0, 'withdrawn', now())
        withdraw.run(key)
        return present(find(key) as Row)
      })
    },

    list: (supplier: string | undefined) =>
      (selectAll.all(supplier ?? null) as Row[]).map((row) => present(settle(row))),
  }

  function present({ supplier_id, supplier_name, request, ...row }: Row) {
    const { sku = null, unit_cost = null } = request === '' ? {} : (JSON.parse(request) as NewOrder)
    const reminders = selectReminders.all(row.key) as { about: string; created_at: string }[]
    return { ...row, supplier: { id: supplier_id, name: supplier_name }, sku, unit_cost, reminders }
  }
}

const supplierOf = ({ supplier_id: id, supplier_name: name }: Row) => ({ id, name })

const schema = `
-- A row without a request is an order that was withdrawn before it came.
create table if not exists orders (
  key text primary key,
  id text not null unique,
  supplier_id text not null,
  supplier_name text not null,
  request text not null,
  quantity integer not null check (quantity >= 0),
  status text not null check (status in ('received', 'confirmed', 'refused', 'withdrawn')),
  confirmed_quantity integer not null default 0 check (confirmed_quantity between 0 and quantity),
  expected_at text,
  reason text,
  created_at text not null
) strict;

create table if not exists reminders (
  key text primary key,
  order_key text not null references orders,
  about text not null check (about in ('answer', 'delivery')),
  created_at text not null
) strict;
`
