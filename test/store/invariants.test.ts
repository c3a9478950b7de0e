import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nextStatuses } from '../../domain/order.ts'
import { inTransaction } from '../../store/database.ts'
import {
  CannotCheck,
  checkInvariants,
  type Evidence,
  findViolations,
  invariants,
  type LedgerEntry,
} from '../../store/invariants.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { type GoodShop, ledgerEntry, TOTAL_MINOR, writeGoodShop } from './invariants.fixtures.ts'
import { sabotages } from './invariants.sabotages.ts'

let db: TestDatabase
let shop: GoodShop

beforeAll(async () => {
  db = await openTestDatabase()
  shop = await inTransaction(db.database, writeGoodShop)
  const { rows } = await db.database.query<{ now: Date }>(`select clock_timestamp() + interval '1 second' as now`)
  shop.evidence.ledger.readAt = rows[0]?.now as Date
})

afterAll(() => db?.close())

test('a shop in which everything is as it should be is clean', async () => {
  const results = await undone((tx) => findViolations(tx, shop.evidence))
  expect(results.filter(({ violations, skipped }) => violations.length > 0 || skipped)).toEqual([])
  expect(results).toHaveLength(invariants.length)
})

test('every invariant was seen failing', () => {
  const seen = new Set(sabotages.flatMap(({ breaks }) => breaks))
  expect(invariants.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([])
})

describe('a shop is not clean', () => {
  test.each(sabotages)('when $what', async ({ breaks, act }) => {
    const evidence = structuredClone(shop.evidence)
    const results = await undone(async (tx) => {
      await dropDefences(tx)
      const { ledger, runningWorkflows: running, index } = evidence
      await act({ tx, ...shop, ledger: ledger.entries, running, index })
      return findViolations(tx, evidence)
    })
    const broken = results.filter(({ violations }) => violations.length > 0)
    expect(broken.map(({ name }) => name).toSorted()).toEqual(breaks.toSorted())
    for (const { violations } of broken) {
      expect(violations.every(({ subject, detail }) => Boolean(subject) && Boolean(detail))).toBe(true)
    }
  })
})

describe('in the middle of the traffic', () => {
  const capturedJustNow = () => {
    const { held: orderId } = shop.orders
    return ledgerEntry({
      id: 'just-now',
      type: 'capture',
      amount: TOTAL_MINOR,
      order_id: orderId,
      intent_id: `pi_${orderId}`,
    })
  }

  test('money that moved at the gateway and is about to be written down breaks only what holds in the end', async () => {
    const evidence = structuredClone(shop.evidence)
    evidence.ledger.entries.push(capturedJustNow())
    expect(await namesOfBroken(evidence, 'always')).toEqual([])
    expect(await namesOfBroken(evidence, 'all')).toEqual(['gateway_ledger_is_in_our_books'])
  })

  test('what we wrote down after the ledger was read is not looked for there', async () => {
    const evidence = structuredClone(shop.evidence)
    evidence.ledger = { entries: [], readAt: new Date(0) }
    expect(await namesOfBroken(evidence, 'always')).toEqual([])
  })

  test('each webhook that is on its way to an endpoint is a subject of its own: of two at two looks neither is found', async () => {
    const subjects = await undone(async (tx) => {
      await dropDefences(tx)
      await tx.query(`delete from webhook_deliveries where endpoint_id = $1`, [shop.endpoint])
      const results = await findViolations(tx, shop.evidence)
      const { violations = [] } = results.find(({ name }) => name === 'every_event_reaches_its_endpoints') ?? {}
      return violations.map(({ subject }) => subject)
    })
    expect(subjects.length).toBeGreaterThan(1)
    expect(new Set(subjects).size).toBe(subjects.length)
  })

  async function namesOfBroken(evidence: Evidence, only: 'always' | 'all') {
    const results = await undone((tx) => findViolations(tx, evidence, only))
    return results.filter(({ violations }) => violations.length > 0).map(({ name }) => name)
  }
})

describe('the outside', () => {
  test('is asked for the ledger, page by page', async () => {
    await using gateway = await serveLedger(shop.evidence.ledger.entries)
    const results = await checkInvariants({ database: db.database, gatewayUrl: gateway.url })
    expect(results.filter(({ violations }) => violations.length > 0)).toEqual([])
    expect(gateway.pages()).toBeGreaterThan(1)
    expect(results.find(({ name }) => name === 'every_open_order_is_looked_after')?.skipped).toMatch(/Temporal/)
  })

  test('is skipped with a word when nobody says where it is', async () => {
    const results = await checkInvariants({ database: db.database })
    const skipped = results.filter((result) => result.skipped).map(({ name }) => name)
    expect(skipped).toContain('gateway_ledger_is_in_our_books')
    expect(skipped).not.toContain('stock_never_oversold')
  })

  test('makes the check impossible when it does not answer', async () => {
    const { database } = db
    const nobody = 'http://127.0.0.1:1'
    await expect(checkInvariants({ database, gatewayUrl: nobody })).rejects.toThrow(CannotCheck)
    const temporal = { address: '127.0.0.1:1', namespace: 'default' }
    await expect(checkInvariants({ database, temporal })).rejects.toThrow(/Temporal at 127.0.0.1:1/)
  })
})

test('the transitions of the file are those of the state table', () => {
  const sql = invariants.find(({ name }) => name === 'only_legal_transitions')?.sql ?? ''
  const inFile = [...sql.matchAll(/\('(\w+)', '(\w+)'\)/g)].map(([, from, to]) => `${from} -> ${to}`)
  const inTable = Object.entries(nextStatuses).flatMap(([from, next]) => next.map((to) => `${from} -> ${to}`))
  expect(inFile.toSorted()).toEqual(inTable.toSorted())
})

/** What a test does to the shop is over with the test. */
async function undone<T>(body: (tx: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await db.database.connect()
  try {
    await client.query('begin')
    return await body(client)
  } finally {
    await client.query('rollback')
    client.release()
  }
}

/** The schema refuses most of what is done here; a checker must see it even where the schema has a hole. */
async function dropDefences(tx: pg.PoolClient): Promise<void> {
  await tx.query(`
    set local session_replication_role = replica;
    do $$ declare defence record; begin
      for defence in
        select conrelid::regclass as on_table, conname from pg_constraint
         where connamespace = 'public'::regnamespace and conislocal and coninhcount = 0
           and (contype in ('c', 'u') or conname in ('idempotency_keys_pkey', 'order_items_pkey')) and conrelid <> 0
      loop
        execute format('alter table %s drop constraint %I', defence.on_table, defence.conname);
      end loop;
    end $$;
    drop index replenishments_one_open;
    drop index supplier_orders_one_asked`)
}

/** Answers with one entry more on each page than on the one before. */
async function serveLedger(entries: LedgerEntry[]) {
  let pages = 0
  const server = createServer((request, response) => {
    const from = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('cursor') ?? 0)
    const to = from + ++pages
    const next = to < entries.length ? String(to) : null
    response.end(JSON.stringify({ data: entries.slice(from, to), next_cursor: next }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pages: () => pages,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
