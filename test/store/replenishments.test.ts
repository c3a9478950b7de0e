import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Database } from '../../store/database.ts'
import { newId } from '../../store/ids.ts'
import { cancelReplenishment, openReplenishment, orderReplenishment } from '../../store/replenishments/index.ts'
import { checkInvariants } from '../../store/invariants.ts'
import { chooseSupplier, createSupplier, setSources } from '../../store/suppliers/index.ts'
import { addProduct } from '../support/shop-api.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await openTestDatabase()
})
afterAll(() => db?.close())

/** The same database, whose transactions are not committed before `gate` opens. */
const committingAfter = (gate: Promise<void>): Database =>
  ({
    async connect() {
      const client = await db.database.connect()
      const query = async (asked: string, values?: unknown[]) => {
        if (asked === 'commit') await gate
        return client.query(asked, values)
      }
      return { query, release: () => client.release() }
    },
  }) as unknown as Database

test('units that are given up just while a supplier is chosen for them: it is not waited for', async () => {
  const { database } = db
  const productId = await addProduct(database, { onHand: 1 })
  const supplierId = newId('sup')
  await createSupplier(database, { id: supplierId, name: 'Slow & Sons' })
  const terms = { supplierSku: 'THING', leadTimeDays: 7, unitCostMinor: 50, currency: 'USD' }
  await setSources(database, productId, [{ supplierId, ...terms }])
  const replenishmentId = newId('po')
  await openReplenishment(database, { replenishmentId, productId, quantity: 10, requestedBy: 'usr_staff' })
  await orderReplenishment(database, { replenishmentId })

  const gate = Promise.withResolvers<void>()
  const choosing = chooseSupplier(committingAfter(gate.promise), { replenishmentId, turn: 1 })
  await vi.waitFor(async () => expect(await locksOn('replenishments')).toBe(1))
  const cancelling = cancelReplenishment(database, { replenishmentId, by: 'staff', reason: 'discontinued' })
  await vi.waitFor(async () => expect(await waiting()).toBe(1))
  gate.resolve()
  expect(await choosing).toMatchObject({ outcome: 'chosen' })
  expect(await cancelling).toMatchObject({ status: 'cancelled' })

  const { rows } = await database.query('select status from supplier_orders where replenishment_id = $1', [
    replenishmentId,
  ])
  expect(rows).toEqual([{ status: 'withdrawn' }])
  const results = await checkInvariants({ database, only: 'always' })
  expect(results.filter(({ violations }) => violations.length > 0)).toEqual([])
})

const countOf = async (sql: string, values: unknown[] = []): Promise<number> =>
  (await db.database.query<{ count: number }>(sql, values)).rows[0]?.count ?? 0

const locksOn = (table: string) =>
  countOf(
    `select count(distinct pid)::int as count from pg_locks
      where relation = $1::regclass and mode = 'RowShareLock' and granted and pid <> pg_backend_pid()`,
    [table],
  )
const waiting = () =>
  countOf(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
