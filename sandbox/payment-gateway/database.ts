import { DatabaseSync } from 'node:sqlite'

/**
 * `full` syncs every commit to disk: a charge that was answered must outlive a power cut, because the shop's own database
 * does, and the two are compared. `normal` outlives the death of the process only, which is enough for what may be redone.
 */
export function openDatabase(file: string, synchronous: 'full' | 'normal'): DatabaseSync {
  try {
    const db = new DatabaseSync(file, { timeout: 5_000 })
    db.exec(`pragma journal_mode = wal; pragma synchronous = ${synchronous}; pragma foreign_keys = on`)
    db.exec(schema)
    admitReinstatements(db)
    return db
  } catch (error) {
    throw new Error(`The sandbox payment gateway cannot use ${file} as its ledger: ${(error as Error).message}.`, {
      cause: error,
    })
  }
}

export function transaction<T>(db: DatabaseSync, act: () => T): T {
  db.exec('begin immediate')
  try {
    const result = act()
    db.exec('commit')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('rollback') // a full disk has already rolled it back
    throw error
  }
}

/** What the bank gives back after a dispute was not known to the first ledgers. SQLite changes a check by a copy only. */
function admitReinstatements(db: DatabaseSync): void {
  const { sql } = db.prepare(`select sql from sqlite_schema where name = 'ledger'`).get() as { sql: string }
  if (sql.includes('reinstatement')) return
  transaction(db, () =>
    db.exec(`
alter table ledger rename to earlier_ledger;
drop index ledger_by_order;
${ledger}
insert into ledger select * from earlier_ledger;
drop table earlier_ledger;`),
  )
}

const ledger = `
create table if not exists ledger (
  position integer primary key,
  id text not null unique,
  type text not null check (type in ('authorization', 'capture', 'void', 'refund', 'dispute', 'reinstatement')),
  amount integer not null,
  currency text not null,
  order_id text not null,
  intent_id text not null references intents,
  idempotency_key text,
  created_at text not null
) strict;
create index if not exists ledger_by_order on ledger (order_id, position);`

const schema = `
create table if not exists intents (
  id text primary key,
  idempotency_key text not null unique,
  order_id text not null,
  token text not null,
  status text not null check (status in ('requires_action', 'authorized', 'captured', 'voided', 'declined')),
  amount integer not null check (amount > 0),
  currency text not null,
  captured_amount integer not null default 0 check (captured_amount between 0 and amount),
  refunded_amount integer not null default 0 check (refunded_amount between 0 and captured_amount),
  decline_code text,
  risk_score real not null,
  created_at text not null
) strict;

create table if not exists refunds (
  id text primary key,
  intent_id text not null references intents,
  amount integer not null check (amount > 0),
  currency text not null,
  created_at text not null
) strict;

-- One row for each key ever used. A closed key has neither request nor resource, and never will.
create table if not exists idempotency_keys (
  key text primary key,
  fingerprint text,
  resource_id text
) strict;

create table if not exists busy_answers (
  key text primary key,
  times integer not null
) strict;

${ledger}
-- A row waits here until its moment; raising the dispute removes it.
create table if not exists coming_disputes (
  intent_id text primary key references intents,
  due_at integer not null
) strict;

create table if not exists settled_disputes (
  intent_id text primary key references intents,
  outcome text not null check (outcome in ('won', 'lost'))
) strict;

-- A row is a notice that has not arrived yet.
create table if not exists notices (
  id text primary key,
  body text not null,
  created_at integer not null,
  attempts integer not null default 0,
  next_attempt_at integer not null
) strict;
create index if not exists notices_by_time on notices (next_attempt_at);
`
