import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { type Database, openDatabase } from '../store/database.ts'
import { migrate } from '../store/migrate.ts'
import { against, type Figure } from './figures.ts'
import { startHelper } from './helper-process.ts'
import type { TransactionTask } from './load/transactions.ts'
import { interleaved, median } from './rounds.ts'
import type { Stage } from './stage.ts'
import { customerIds, productIds, stockShop } from './stocked-shop.ts'

const GOAL = 0.5
const AT_ONCE = 8
const ORDERS_A_SECOND = 1_000

/** Orders without workflows would break the shop's promises, so these are made in a database of their own beside it. */
const databaseName = 'bench_transactions'

/** Reserving stock and making a paid order, as the shop does both, against the same writes by hand. */
export async function measureTransactions({ running, database, plan, say }: Stage): Promise<Figure[]> {
  const pgbench = await findPgbench()
  if (!pgbench) {
    say('  left out: there is no pgbench, neither on PATH nor in /usr/lib/postgresql (Debian: postgresql-contrib)')
    return []
  }
  const databaseUrl = new URL(`/${databaseName}`, running.stack.postgres).href
  await database.query(`create database ${databaseName}`)
  await migrate(databaseUrl)
  const own = openDatabase({ url: databaseUrl, poolSize: 1, statementTimeoutMs: 120_000 })
  const shop = await startHelper<TransactionTask, number>('load/transactions.ts', { databaseUrl, atOnce: AT_ONCE })
  try {
    await stockShop(own)
    const batch = Math.ceil((ORDERS_A_SECOND * plan.roundMs) / 1_000 / AT_ONCE) * AT_ONCE
    let first = 0
    const take = async () => {
      const from = first
      first += batch
      await askFor(own, from, batch)
      return from
    }
    const byHand = async () => runPgbench(pgbench, databaseUrl, { first: await take(), batch })
    const byShop = async () => shop.ask({ orderIds: orderIdsFrom(await take(), batch) })
    for (const warmUp of [byHand, byShop]) await warmUp()
    const { floor, product } = await interleaved(plan.rounds, { floor: byHand, product: byShop })
    const name = `orders placed and confirmed in PostgreSQL, ${AT_ONCE} connections`
    return [against({ name, unit: '/s', goal: GOAL, value: median(product), floor: median(floor) })]
  } finally {
    await shop.end()
    await own.end()
    await database.query(`drop database ${databaseName} with (force)`)
  }
}

async function findPgbench(): Promise<string | undefined> {
  for (const candidate of ['pgbench', ...globSync('/usr/lib/postgresql/*/bin/pgbench').sort().reverse()]) {
    const { failed } = await execa(candidate, ['--version'], { reject: false })
    if (!failed) return candidate
  }
  return undefined
}

async function runPgbench(program: string, databaseUrl: string, { first, batch }: { first: number; batch: number }) {
  const script = fileURLToPath(new URL('place-and-confirm.pgbench.sql', import.meta.url))
  const share = batch / AT_ONCE
  const load = ['-n', '-M', 'prepared', '-c', String(AT_ONCE), '-j', '1', '-t', String(share), '-f', script]
  const settings = Object.entries({ first, share, turn: 0 }).flatMap(([name, value]) => ['-D', `${name}=${value}`])
  const { username, password, hostname, port, pathname } = new URL(databaseUrl)
  const place = ['-h', hostname, '-p', port, '-U', username, pathname.slice(1)]
  const env = { PGPASSWORD: password }
  const { stdout, stderr } = await execa(program, [...load, ...settings, ...place], { env, reject: false })
  const done = Number(/transactions actually processed: (\d+)\//.exec(stdout)?.[1])
  if (done !== batch) throw new Error(`pgbench did ${done} of ${batch} orders: ${stderr.split('\n', 3).join(' ')}`)
  return Number(/tps = ([\d.]+)/.exec(stdout)?.[1])
}

const orderIdsFrom = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `ord_01900000-0000-7000-8000-${(first + n).toString(16).padStart(12, '0')}`)

/** The requests as the API leaves them, one line each; both sides begin there. The script finds products by the number. */
async function askFor(database: Database, first: number, count: number): Promise<void> {
  const address = {
    name: 'Robin Story',
    line1: '12 Harbour Street',
    city: 'Portland',
    postal_code: '97201',
    country: 'US',
  }
  await database.query(
    `insert into checkouts (order_id, user_id, product_ids, quantities, payment_method, payment_token, capture, shipping_address,
                            billing_address)
     select id, ($2::text[])[1 + n % cardinality($2::text[])], array[($3::text[])[1 + n % cardinality($3::text[])]], array[1],
            'card', 'tok_visa', 'automatic', $4, $4
       from unnest($1::text[], $5::int[]) as asked (id, n)`,
    [
      orderIdsFrom(first, count),
      customerIds,
      productIds,
      JSON.stringify(address),
      Array.from({ length: count }, (_, n) => first + n),
    ],
  )
}
