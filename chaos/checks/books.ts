import type { Database } from '../../store/database.ts'

/** What the shop's own database says in the end of what the clients asked for. */
export type Books = {
  orders: Map<string, BookedOrder>
  /** Which order an Idempotency-Key of a checkout is tied to: `<user> <key>`. */
  keys: Map<string, string>
  /** What became of a refund, by the key it was asked for with: `<user> <key>`. */
  refunds: Map<string, BookedRefund>
  /** What became of an order of units, by the key it was asked for with. */
  replenishments: Map<string, string>
  /** Units that were counted in, by the key of their receipt. */
  receipts: Map<string, { productId: string; quantity: number }>
  /** What was to come back of an order, by the key it was asked for with. */
  returns: Map<string, { productId: string; quantity: number }>
  /** What came back, and onto the shelf, by the key of its receipt. */
  returnReceipts: Map<string, { orderId: string; productId: string; quantity: number }>
  /** How many stars a buyer gives a product: `<user> <product>`. */
  reviews: Map<string, number>
  /** What became of each event that the listener wanted to hear. */
  deliveries: Map<string, string>
  /** Stock corrections by their reason, which is the key they were asked for with. */
  adjustments: { reason: string; productId: string; change: number }[]
  /** Units on the shelf of each product. */
  onHand: Map<string, number>
  /** What each order is for. */
  lines: Map<string, { productId: string; quantity: number }[]>
}

export type BookedOrder = {
  status: 'pending' | 'paid' | 'shipped' | 'delivered' | 'cancelled'
  paymentStatus: string
  userId: string
  cancelReason: string | null
  needsAttention: string | null
}

export type BookedRefund = {
  id: string
  orderId: string
  status: string
  /** Units that were put back onto the shelf. */
  restocked: { productId: string; quantity: number }[]
}

export async function readBooks(database: Database): Promise<Books> {
  const client = await database.connect()
  try {
    await client.query('begin isolation level repeatable read')
    const orders = await client.query<BookedOrder & { id: string }>(
      `select id, status, payment_status as "paymentStatus", user_id as "userId", cancel_reason as "cancelReason",
              needs_attention as "needsAttention" from orders`,
    )
    const keys = await client.query<{ use: string; id: string }>(
      `select user_id || ' ' || key as use, resource_id as id from idempotency_keys where route = 'POST /v1/orders'`,
    )
    const refunds = await client.query<BookedRefund & { use: string }>(
      `select k.user_id || ' ' || k.key as use, r.id, r.order_id as "orderId", r.status,
              (select coalesce(jsonb_agg(i), '[]') from jsonb_array_elements(r.items) as i
                where r.status = 'succeeded' and (i ->> 'restock')::boolean) as restocked
         from idempotency_keys k join refunds r on r.id = k.resource_id where k.route = 'POST /v1/orders/:id/refunds'`,
    )
    const replenishments = await client.query<{ use: string; id: string }>(
      `select k.user_id || ' ' || k.key as use, r.id
         from idempotency_keys k join replenishments r on r.id = k.resource_id where k.route = 'POST /v1/replenishments'`,
    )
    const receipts = await client.query<{ use: string; productId: string; quantity: number }>(
      `select coalesce(k.user_id || ' ' || k.key, c.id) as use, r.product_id as "productId", c.quantity
         from replenishment_receipts c join replenishments r on r.id = c.replenishment_id
         left join idempotency_keys k on k.resource_id = c.id`,
    )
    const returns = await client.query<{ use: string; productId: string; quantity: number }>(
      `select k.user_id || ' ' || k.key as use, l.product_id as "productId", l.quantity
         from idempotency_keys k join return_lines l on l.return_id = k.resource_id where k.route = 'POST /v1/orders/:id/returns'`,
    )
    const returnReceipts = await client.query<{ use: string; orderId: string; productId: string; quantity: number }>(
      `select coalesce(k.user_id || ' ' || k.key, c.id) as use, r.order_id as "orderId", c.product_id as "productId", c.quantity
         from return_receipts c join returns r on r.id = c.return_id left join idempotency_keys k on k.resource_id = c.id`,
    )
    const reviews = await client.query<{ use: string; rating: number }>(
      `select user_id || ' ' || product_id as use, rating from product_reviews`,
    )
    const deliveries = await client.query<{ eventId: string; status: string }>(
      `select e.id as "eventId", d.status from webhook_deliveries d join events e on e.sequence = d.event_sequence`,
    )
    const adjustments = await client.query<Books['adjustments'][number]>(
      `select reason, product_id as "productId", change_quantity as change from inventory_records
        where order_id is null and change_type = 'adjustment'`,
    )
    const stock = await client.query<{ id: string; units: number }>(
      `select product_id as id, on_hand as units from stock`,
    )
    const lines = await client.query<{ orderId: string; productId: string; quantity: number }>(
      `select order_id as "orderId", product_id as "productId", quantity from order_items`,
    )
    const linesOf: Books['lines'] = new Map()
    for (const { orderId, ...line } of lines.rows) {
      const known = linesOf.get(orderId)
      if (known) known.push(line)
      else linesOf.set(orderId, [line])
    }
    return {
      orders: new Map(orders.rows.map(({ id, ...order }) => [id, order])),
      keys: new Map(keys.rows.map(({ use, id }) => [use, id])),
      refunds: new Map(refunds.rows.map(({ use, ...refund }) => [use, refund])),
      replenishments: new Map(replenishments.rows.map(({ use, id }) => [use, id])),
      receipts: new Map(receipts.rows.map(({ use, ...units }) => [use, units])),
      returns: new Map(returns.rows.map(({ use, ...line }) => [use, line])),
      returnReceipts: new Map(returnReceipts.rows.map(({ use, ...line }) => [use, line])),
      reviews: new Map(reviews.rows.map(({ use, rating }) => [use, rating])),
      deliveries: new Map(deliveries.rows.map(({ eventId, status }) => [eventId, status])),
      adjustments: adjustments.rows,
      onHand: new Map(stock.rows.map(({ id, units }) => [id, units])),
      lines: linesOf,
    }
  } finally {
    await client.query('rollback').catch(() => undefined)
    client.release()
  }
}
