import { isAwaited, type ReceivedItem } from '../../domain/return.ts'
import { type Database, type Db, inTransaction } from '../database.ts'
import { MAX_ON_HAND } from '../inventory.ts'
import { getReturnStanding, type ReturnStanding } from './standing.ts'

export type ReturnReceipt = { returnId: string; receiptId: string; items: ReceivedItem[]; by: string }

export type ReceiveReturnOutcome =
  | ({ outcome: 'received' } & ReturnStanding)
  | { outcome: 'refused'; problem: 'over_receipt' | 'invalid_transition' | 'invalid_request'; detail: string }

/**
 * Counts in what has come back, and onto the shelf what is fit for it, with the order in the ledger; or refuses and changes
 * nothing. One receipt id is counted once.
 */
export function receiveReturn(database: Database, receipt: ReturnReceipt): Promise<ReceiveReturnOutcome> {
  const { returnId, receiptId, items } = receipt
  return inTransaction(database, async (tx) => {
    await tx.query('select from payments p join returns r on r.order_id = p.order_id where r.id = $1 for update of p', [
      returnId,
    ])
    await tx.query('select from returns where id = $1 for update', [returnId])
    const { rowCount: counted } = await tx.query('select from return_receipts where id = $1', [receiptId])
    const standing = await getReturnStanding(tx, returnId)
    if (counted !== 0) return { outcome: 'received', ...standing }
    if (!isAwaited(standing.status)) return refused('invalid_transition', `The return is ${standing.status}`)
    const due = await listDue(tx, returnId)
    for (const { productId, quantity } of items) {
      const line = due.get(productId)
      if (line === undefined) return refused('invalid_request', `The return has no ${productId}`)
      if (quantity > line) return refused('over_receipt', `Of ${productId} ${line} are still to come`)
    }
    const shelved = items.filter(({ restock }) => restock)
    if (!(await hasRoom(tx, shelved))) return refused('invalid_request', `A shelf would hold more than ${MAX_ON_HAND}`)
    await countIn(tx, receipt)
    return { outcome: 'received', ...(await getReturnStanding(tx, returnId)) }
  })
}

async function listDue(tx: Db, returnId: string): Promise<Map<string, number>> {
  const { rows } = await tx.query<{ productId: string; due: number }>(
    'select product_id as "productId", quantity - received as due from return_lines where return_id = $1',
    [returnId],
  )
  return new Map(rows.map(({ productId, due }) => [productId, due]))
}

/** Locks the shelves in the order in which everybody locks them. */
async function hasRoom(tx: Db, shelved: ReceivedItem[]): Promise<boolean> {
  const { rows } = await tx.query<{ productId: string; onHand: number }>(
    `select product_id as "productId", on_hand as "onHand" from stock where product_id = any($1::text[])
      order by product_id for update`,
    [shelved.map(({ productId }) => productId)],
  )
  const onHand = new Map(rows.map((row) => [row.productId, row.onHand]))
  return shelved.every(({ productId, quantity }) => (onHand.get(productId) ?? 0) + quantity <= MAX_ON_HAND)
}

async function countIn(tx: Db, { returnId, receiptId, items, by }: ReturnReceipt): Promise<void> {
  await tx.query(
    `with came as (
       select * from jsonb_to_recordset($3) as c ("productId" text, quantity int, restock boolean)
     ), receipt as (
       insert into return_receipts (id, return_id, product_id, quantity, restock, received_by)
       select $2, $1, "productId", quantity, restock, $4 from came
     ), line as (
       update return_lines l set received = l.received + c.quantity
         from came c where l.return_id = $1 and l.product_id = c."productId"
     ), shelved as (
       update stock k set on_hand = k.on_hand + c.quantity, updated_at = now()
         from came c where k.product_id = c."productId" and c.restock
     ), counted as (
       update reservations v set restocked = v.restocked + c.quantity, updated_at = now()
         from came c, returns r where r.id = $1 and v.order_id = r.order_id and v.product_id = c."productId" and c.restock
     ), ledger as (
       insert into inventory_records (product_id, change_quantity, change_type, reason, order_id, source)
       select c."productId", c.quantity, 'in', 'returned', r.order_id, $2 || ':restock'
         from came c, returns r where r.id = $1 and c.restock
     ), moved as (
       update returns r set status = case when (select sum(quantity - received) from return_lines where return_id = $1)
                                             = (select sum(quantity) from came) then 'received' else 'partially_received' end,
                            updated_at = now()
        where r.id = $1
       returning r.order_id
     )
     insert into order_timeline (order_id, what, actor, detail)
     select order_id, 'return received', $4, jsonb_build_object('return_id', $1::text, 'items',
              (select jsonb_agg(jsonb_build_object('product_id', "productId", 'quantity', quantity, 'restock', restock)) from came))
       from moved`,
    [returnId, receiptId, JSON.stringify(items), by],
  )
}

const refused = (
  problem: (ReceiveReturnOutcome & { outcome: 'refused' })['problem'],
  detail: string,
): ReceiveReturnOutcome => ({ outcome: 'refused', problem, detail })
