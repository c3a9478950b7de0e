import type pg from 'pg'
import { type Database, inTransaction } from '../store/database.ts'

const BATCH = 100_000
const OPENING_UNITS = 1_000
const CUSTOMERS = 10_000

/**
 * Puts products and delivered orders there that nobody bought, as if the shop had run for a month: by whole sets, straight
 * into the tables, with every row that a real one would have left. The invariants hold for them as for real ones.
 */
export async function storeProducts(database: Database, range: { from: number; to: number }): Promise<void> {
  for (let from = range.from; from < range.to; from += BATCH) {
    await inBulk(database, (tx) => storeProductBatch(tx, from, Math.min(from + BATCH, range.to)))
  }
  await database.query('analyze products, stock, inventory_records')
}

/** Orders of one line each, evenly over the first `products` of those stored. */
export async function storeOrders(database: Database, options: { count: number; products: number }): Promise<void> {
  const { count, products } = options
  await inBulk(database, async (tx) => void (await tx.query(customersSql, [CUSTOMERS])))
  for (let done = 0; done < count; done += BATCH) {
    const batch = Math.min(BATCH, count - done)
    await inBulk(database, (tx) => storeOrderBatch(tx, { batch, done, count, products }))
  }
  const tables = 'orders, order_items, reservations, payments, checkouts, idempotency_keys, order_timeline, events'
  await database.query(`analyze ${tables}, stock, inventory_records, users`)
}

/** References and sums are right by the way the rows are made; looking at each row again would take most of the time. */
function inBulk(database: Database, body: (tx: pg.PoolClient) => Promise<void>): Promise<void> {
  return inTransaction(database, async (tx) => {
    await tx.query(`set local session_replication_role = replica; set local synchronous_commit = off`)
    await tx.query(`set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0`)
    await body(tx)
  })
}

/** Bound to each statement, so that all of them name the same product or customer by its number. */
const productIdSql = (n: string) => `'prd_01900000-0000-7001-8000-' || lpad(to_hex(${n}), 12, '0')`
const customerIdSql = (n: string) => `'usr_01900000-0000-7001-8000-' || lpad(to_hex(${n}), 12, '0')`
const oneOf = (words: readonly string[], n: string) => `(array['${words.join("','")}'])[1 + (${n}) % ${words.length}]`

const adjectives = [
  'plain',
  'folding',
  'heavy',
  'quiet',
  'bright',
  'small',
  'portable',
  'wooden',
  'steel',
  'woven',
  'glazed',
]
const nouns = [
  'lamp',
  'kettle',
  'chair',
  'notebook',
  'blanket',
  'shelf',
  'bowl',
  'clock',
  'basket',
  'mirror',
  'stool',
  'tray',
  'jug',
]
const makers = [
  'Inkwell',
  'Harbour',
  'Quarry',
  'Meadow',
  'Foundry',
  'Orchard',
  'Lantern',
  'Granite',
  'Willow',
  'Copper',
  'Saddle',
  'Cedar',
  'Tidal',
  'Juniper',
  'Marble',
  'Thistle',
  'Anvil',
]
const colours = ['grey', 'blue', 'green', 'red', 'black', 'white', 'amber']

/** Words of the stored products, for whoever searches them. */
export const searchableWords = { adjectives, nouns, makers, colours }

async function storeProductBatch(tx: pg.PoolClient, from: number, to: number): Promise<void> {
  await tx.query(
    `insert into products (id, sku, name, description, price_minor, currency, category, attributes, created_at, updated_at)
     select ${productIdSql('n')}, 'STORED-' || n,
            ${oneOf(makers, 'n')} || ' ' || ${oneOf(adjectives, 'n / 17')} || ' ' || ${oneOf(nouns, 'n / 187')} || ' ' || n,
            'A ' || ${oneOf(nouns, 'n / 187')} || ' that is ' || ${oneOf(adjectives, 'n / 17')} || '.',
            500 + n % 50000, 'USD', 'stored-' || n % 20, jsonb_build_object('colour', ${oneOf(colours, 'n / 3')}),
            now() - interval '60 days', now() - interval '60 days'
       from generate_series($1::int, $2::int - 1) n`,
    [from, to],
  )
  await tx.query(
    `insert into stock (product_id, on_hand) select ${productIdSql('n')}, $3 from generate_series($1::int, $2::int - 1) n`,
    [from, to, OPENING_UNITS],
  )
  await tx.query(
    `insert into inventory_records (product_id, change_quantity, change_type, reason, source)
     select ${productIdSql('n')}, $3, 'in', 'opening stock', 'opening' from generate_series($1::int, $2::int - 1) n`,
    [from, to, OPENING_UNITS],
  )
}

const customersSql = `
insert into users (id, username, email, password_hash, created_at)
select ${customerIdSql('n')}, 'stored-' || n, 'stored-' || n || '@example.com', 'nobody signs in', now() - interval '90 days'
  from generate_series(0, $1::int - 1) n
on conflict do nothing`

type OrderBatch = { batch: number; done: number; count: number; products: number }

async function storeOrderBatch(tx: pg.PoolClient, { batch, done, count, products }: OrderBatch): Promise<void> {
  // The id tells the time the order was made, between a month and a day ago; the oldest come first.
  await tx.query(
    `create temporary table stored on commit drop as
     select n, 'ord_' || uuidv7(at - now()) as id, at, ${customerIdSql(`(n::bigint * 7919) % ${CUSTOMERS}`)} as user_id,
            ${productIdSql('product')} as product_id, 500 + product % 50000 as price_minor, 1 + n % 3 as quantity
       from (select n, (n::bigint * 104729) % $4 as product,
                    now() - interval '29 days' * (1 - n::float / $3) - interval '1 day' as at
               from generate_series($1::int, $1::int + $2::int - 1) n) as numbered`,
    [done, batch, count, products],
  )
  await tx.query('analyze stored')
  for (const statement of orderStatements) await tx.query(statement)
}

const address = `'{"name": "Robin Story", "line1": "12 Harbour Street", "city": "Portland", "postal_code": "97201", "country": "US"}'::jsonb`

const orderStatements = [
  `insert into idempotency_keys (user_id, route, key, fingerprint, resource_id, answer_status, answer, created_at)
   select user_id, 'POST /v1/orders', id, sha256(id::bytea), id, 201, json_build_object('id', id, 'status', 'paid'), at from stored order by n`,
  `insert into checkouts (order_id, user_id, product_ids, quantities, payment_method, payment_token, capture, shipping_address,
                          billing_address, outcome, created_at, updated_at)
   select id, user_id, array[product_id], array[quantity], 'card', 'tok_visa', 'automatic', ${address}, ${address}, 'placed', at, at
     from stored order by n`,
  `insert into orders (id, user_id, status, payment_status, total_minor, currency, shipping_address, billing_address, risk_score,
                       carrier, tracking_number, created_at, updated_at)
   select id, user_id, 'delivered', 'captured', price_minor * quantity, 'USD', ${address}, ${address}, 0.1, 'DHL', 'JD' || n, at, at
     from stored order by n`,
  `insert into order_items (order_id, product_id, sku, name, quantity, unit_price_minor, total_price_minor, created_at)
   select id, product_id, p.sku, p.name, quantity, stored.price_minor, stored.price_minor * quantity, at
     from stored join (select id as product_id, sku, name from products) p using (product_id) order by n`,
  `insert into reservations (order_id, product_id, quantity, state, created_at, updated_at)
   select id, product_id, quantity, 'consumed', at, at from stored order by n`,
  `insert into payments (id, order_id, amount_minor, currency, payment_method, token, capture, status, transaction_id,
                         authorized_minor, captured_minor, created_at, updated_at)
   select 'pay_' || substr(id, 5), id, price_minor * quantity, 'USD', 'card', 'tok_visa', 'automatic', 'success', 'pi_' || substr(id, 5),
          price_minor * quantity, price_minor * quantity, at, at
     from stored order by n`,
  `insert into inventory_records (product_id, change_quantity, change_type, reason, order_id, source, created_at)
   select product_id, -quantity, 'out', 'sold', id, id || ':sale', at from stored order by n`,
  `update stock set on_hand = on_hand - units
     from (select product_id, sum(quantity) as units from stored group by product_id) sold where stock.product_id = sold.product_id`,
  `insert into order_timeline (order_id, what, from_status, to_status, actor, created_at)
   select id, what, from_status, to_status, actor, at
     from stored, (values (1, 'order placed', null, 'pending', 'shop'), (2, 'order paid', 'pending', 'paid', 'shop'),
                          (3, 'payment captured', null, null, 'shop'), (4, 'order shipped', 'paid', 'shipped', 'operator'),
                          (5, 'order delivered', 'shipped', 'delivered', 'operator')) as t (step, what, from_status, to_status, actor)
    order by n, step`,
  `insert into events (id, type, aggregate_id, payload, streamed_at, created_at)
   select concat_ws(':', id, type, turned), type, id, jsonb_build_object('order_id', id, 'user_id', user_id), at, at
     from stored, (values (1, 'order.created', null), (2, 'order.paid', null), (3, 'order.status_updated', 'paid'),
                          (4, 'payment.success', null), (5, 'order.shipped', null), (6, 'order.status_updated', 'shipped'),
                          (7, 'order.delivered', null), (8, 'order.status_updated', 'delivered'),
                          (9, 'order.completed', null)) as t (step, type, turned)
    order by n, step`,
]
