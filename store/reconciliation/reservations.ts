import { type Database, inTransaction } from '../database.ts'
import type pg from 'pg'

/**
 * Writes the reservations again that an order must have and has not. What became of its units stands in the stock ledger:
 * without a sale there they are still promised or were released, with one they left the shelf. Answers how many were written.
 */
export function restoreReservations(database: Database, orderId: string): Promise<number> {
  return inTransaction(database, async (tx) => {
    const products = await lockShelves(tx, 'select product_id from order_items where order_id = $1', orderId)
    const { rowCount } = await tx.query(
      `with missing as (
         select i.order_id, i.product_id, i.quantity, o.status,
                exists (select from inventory_records l where l.source = o.id || ':sale' and l.product_id = i.product_id
                           and l.change_quantity = -i.quantity) as was_sold,
                exists (select from inventory_records l where l.source = o.id || ':return' and l.product_id = i.product_id) as came_back,
                (select coalesce(sum((u ->> 'quantity')::int), 0) from refunds r, jsonb_array_elements(r.items) u
                  where r.order_id = o.id and r.status = 'succeeded' and (u ->> 'restock')::boolean
                    and u ->> 'productId' = i.product_id) as restocked
           from order_items i join orders o on o.id = i.order_id
          where i.order_id = $1
            and not exists (select from reservations r where r.order_id = i.order_id and r.product_id = i.product_id)
       )
       insert into reservations (order_id, product_id, quantity, state, restocked)
       select order_id, product_id, quantity,
              case when status = 'cancelled' then case when was_sold then 'returned' else 'released' end
                   when was_sold then 'consumed' else 'active' end,
              restocked
         from missing
        -- Anything else does not fit together, and is for a person.
        where case when status = 'cancelled' then was_sold = (came_back or restocked > 0)
                   when status = 'pending' then not was_sold else was_sold end`,
      [orderId],
    )
    await recount(tx, products)
    return rowCount ?? 0
  })
}

/** Gives promised units of a cancelled order back. Answers how many reservations were released. */
export function releaseReservations(database: Database, orderId: string): Promise<number> {
  return inTransaction(database, async (tx) => {
    const products = await lockShelves(tx, 'select product_id from reservations where order_id = $1', orderId)
    const { rowCount } = await tx.query(
      `update reservations r set state = 'released', updated_at = now()
         from orders o where o.id = r.order_id and r.order_id = $1 and r.state = 'active' and o.status = 'cancelled'`,
      [orderId],
    )
    await recount(tx, products)
    return rowCount ?? 0
  })
}

/** Makes the count of promised units what reservations say. Answers whether it differed and could be mended. */
export function recountPromises(database: Database, productId: string): Promise<boolean> {
  return inTransaction(database, async (tx) =>
    recount(tx, await lockShelves(tx, 'select $1::text as product_id', productId)),
  )
}

/** Whoever promises or sells units holds these locks, too: until ours are let go the counts below stand still. */
async function lockShelves(tx: pg.PoolClient, whose: string, id: string): Promise<string[]> {
  const { rows } = await tx.query<{ product_id: string }>(
    `select product_id from stock where product_id in (${whose}) order by product_id for update`,
    [id],
  )
  return rows.map(({ product_id }) => product_id)
}

/** More promised than there is on the shelf is never written: that is for a person. */
async function recount(tx: pg.PoolClient, productIds: readonly string[]): Promise<boolean> {
  const { rowCount } = await tx.query(
    `with held as (
       select s.product_id, coalesce(sum(r.quantity), 0) as units
         from stock s left join reservations r on r.product_id = s.product_id and r.state = 'active'
        where s.product_id = any($1::text[]) group by s.product_id
     )
     update stock s set reserved = held.units, updated_at = now()
       from held where s.product_id = held.product_id and s.reserved <> held.units and held.units <= s.on_hand`,
    [productIds],
  )
  return (rowCount ?? 0) > 0
}
