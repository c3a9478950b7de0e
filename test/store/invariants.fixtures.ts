import type pg from 'pg'
import { newId } from '../../store/ids.ts'
import type { Evidence, LedgerEntry } from '../../store/invariants.ts'

type Path = readonly ('pending' | 'paid' | 'shipped' | 'delivered' | 'cancelled')[]

type OrderSpec = {
  path: Path
  paymentStatus: string
  capture?: 'manual'
  refundedMinor?: number
  cancelReason?: string
  attention?: string
  disputed?: true
  /** The gateway was asked, whatever it said. */
  asked?: boolean
  held?: boolean
  voided?: true
}

/** The stories whose rows and ledger entries a shop at rest may hold. */
const specs = {
  delivered: { path: ['pending', 'paid', 'shipped', 'delivered'], paymentStatus: 'captured' },
  shipped: {
    path: ['pending', 'paid', 'shipped'],
    paymentStatus: 'captured',
    attention: 'payment disputed',
    disputed: true,
  },
  paid: { path: ['pending', 'paid'], paymentStatus: 'captured' },
  held: { path: ['pending', 'paid'], paymentStatus: 'authorized', capture: 'manual' },
  partlyRefunded: {
    path: ['pending', 'paid', 'shipped', 'delivered'],
    paymentStatus: 'partially_refunded',
    refundedMinor: 500,
  },
  pending: { path: ['pending'], paymentStatus: 'pending', asked: false, held: false },
  waiting: { path: ['pending'], paymentStatus: 'requires_action', held: false },
  reviewed: { path: ['pending'], paymentStatus: 'authorized' },
  declined: { path: ['pending', 'cancelled'], paymentStatus: 'failed', cancelReason: 'payment_declined', held: false },
  risky: { path: ['pending', 'cancelled'], paymentStatus: 'voided', cancelReason: 'payment_risk', voided: true },
  expired: {
    path: ['pending', 'cancelled'],
    paymentStatus: 'voided',
    cancelReason: 'payment_action_expired',
    held: false,
    voided: true,
  },
  refunded: {
    path: ['pending', 'paid', 'cancelled'],
    paymentStatus: 'refunded',
    refundedMinor: 3_500,
    cancelReason: 'cancelled_by_customer',
  },
  released: {
    path: ['pending', 'paid', 'cancelled'],
    paymentStatus: 'voided',
    capture: 'manual',
    cancelReason: 'cancelled_by_operator',
    voided: true,
  },
} satisfies Record<string, OrderSpec>

export type Orders = Record<keyof typeof specs, string>

/** Two of the dear product, one of the cheap one. */
const lines = [
  { product: 'dear', quantity: 2, unitMinor: 1_500 },
  { product: 'cheap', quantity: 1, unitMinor: 500 },
] as const
export const TOTAL_MINOR = 3_500
const OPENING = 100

export type GoodShop = {
  userId: string
  products: { dear: string; cheap: string }
  /** Four of ten units have come. */
  replenishment: string
  /** Wants to hear of shipments; one is under way, one has been taken. */
  endpoint: string
  /** Of the delivered order one of two units has come; of the partly refunded one all, and it was paid back. */
  returns: { open: string; refunded: string }
  orders: Orders
  checkouts: { refused: string; abandoned: string; received: string }
  evidence: Required<Evidence>
}

/** A shop in which everything is as it should be, written as plain rows: nothing here is the product's own code. */
export async function writeGoodShop(tx: pg.PoolClient): Promise<GoodShop> {
  const userId = newId('usr')
  await insert(tx, 'users', { id: userId, username: userId, email: `${userId}@example.com`, password_hash: 'none' })
  const products = { dear: await writeProduct(tx, 1_500), cheap: await writeProduct(tx, 500) }
  const shop: GoodShop = {
    userId,
    products,
    replenishment: newId('po'),
    endpoint: newId('whk'),
    returns: { open: newId('ret'), refunded: '' },
    orders: {} as Orders,
    checkouts: { refused: newId('ord'), abandoned: newId('ord'), received: newId('ord') },
    evidence: {
      ledger: { entries: [], readAt: new Date() },
      runningWorkflows: [],
      index: { documents: 2, products: Object.values(products).map((id) => ({ id, version: 1 })) },
    },
  }
  for (const [name, spec] of Object.entries(specs)) shop.orders[name as keyof Orders] = await writeOrder(tx, shop, spec)
  for (const [outcome, id] of Object.entries(shop.checkouts)) await writeCheckout(tx, shop, id, outcome)
  await insert(tx, 'idempotency_keys', key(shop, shop.orders.refunded, 'POST /v1/orders/:id/cancel'))
  await countShelves(tx)
  await writeReviews(tx, shop)
  await writeReplenishment(tx, shop)
  await writeWebhooks(tx, shop)
  await writeReturns(tx, shop)
  return shop
}

async function writeProduct(tx: pg.PoolClient, priceMinor: number): Promise<string> {
  const id = newId('prd')
  await insert(tx, 'products', {
    id,
    indexed_version: 1,
    sku: id,
    name: 'Thing',
    price_minor: priceMinor,
    currency: 'USD',
    category: 'things',
  })
  await insert(tx, 'stock', { product_id: id, on_hand: OPENING })
  await insert(tx, 'inventory_records', {
    product_id: id,
    change_quantity: OPENING,
    change_type: 'in',
    reason: 'opening stock',
    source: 'opening',
  })
  return id
}

/** Three buyers gave eleven stars: a mean that no binary fraction is equal to. The index follows. */
async function writeReviews(tx: pg.PoolClient, { products, evidence }: GoodShop): Promise<void> {
  for (const rating of [5, 4, 2]) {
    const id = newId('rev')
    const buyer = newId('usr')
    await insert(tx, 'users', { id: buyer, username: buyer, email: `${buyer}@example.com`, password_hash: 'none' })
    const text = { title: 'Bought', body: 'As described.', status: 'published' }
    await insert(tx, 'product_reviews', { id, product_id: products.cheap, user_id: buyer, rating, ...text })
  }
  const { rows } = await tx.query<{ id: string; version: number }>(
    'update products set indexed_version = version where id = any($1) returning id, version::int',
    [Object.values(products)],
  )
  evidence.index.products = rows
}

async function writeOrder(tx: pg.PoolClient, shop: GoodShop, spec: OrderSpec): Promise<string> {
  const id = newId('ord')
  const status = spec.path.at(-1) as string
  await writeCheckout(tx, shop, id, 'placed', spec.capture)
  await insert(tx, 'orders', {
    id,
    user_id: shop.userId,
    status,
    payment_status: spec.paymentStatus,
    total_minor: TOTAL_MINOR,
    currency: 'USD',
    shipping_address: {},
    billing_address: {},
    cancel_reason: spec.cancelReason ?? null,
    needs_attention: spec.attention ?? null,
  })
  await writeLines(tx, shop, id, spec.path)
  await writeTimeline(tx, id, spec)
  await writeMoney(tx, shop, id, spec)
  await writeEvents(tx, id, spec)
  if (!['delivered', 'cancelled'].includes(status)) shop.evidence.runningWorkflows.push(`order-${id}`)
  return id
}

async function writeCheckout(tx: pg.PoolClient, shop: GoodShop, id: string, outcome: string, capture = 'automatic') {
  await insert(tx, 'checkouts', {
    order_id: id,
    user_id: shop.userId,
    product_ids: lines.map(({ product }) => shop.products[product]),
    quantities: lines.map(({ quantity }) => quantity),
    payment_method: 'card',
    payment_token: 'tok_visa',
    capture,
    outcome,
    shipping_address: {},
    billing_address: {},
  })
  await insert(tx, 'idempotency_keys', key(shop, id, 'POST /v1/orders'))
}

const key = (shop: GoodShop, resourceId: string, route: string) => ({
  user_id: shop.userId,
  route,
  key: newId('adj'),
  fingerprint: Buffer.from('x'),
  resource_id: resourceId,
})

async function writeLines(tx: pg.PoolClient, shop: GoodShop, id: string, path: Path) {
  const isSold = path.includes('paid')
  const isOver = path.at(-1) === 'cancelled'
  const state = isSold ? (isOver ? 'returned' : 'consumed') : isOver ? 'released' : 'active'
  for (const { product, quantity, unitMinor } of lines) {
    const about = { order_id: id, product_id: shop.products[product] }
    await insert(tx, 'order_items', {
      ...about,
      sku: product,
      name: product,
      quantity,
      unit_price_minor: unitMinor,
      total_price_minor: quantity * unitMinor,
    })
    await insert(tx, 'reservations', { ...about, quantity, state })
    if (isSold)
      await insert(tx, 'inventory_records', {
        ...about,
        change_quantity: -quantity,
        change_type: 'out',
        reason: 'sold',
        source: `${id}:sale`,
      })
    if (state === 'returned')
      await insert(tx, 'inventory_records', {
        ...about,
        change_quantity: quantity,
        change_type: 'in',
        reason: 'order cancelled',
        source: `${id}:return`,
      })
  }
}

async function writeTimeline(tx: pg.PoolClient, id: string, { path, disputed }: OrderSpec) {
  for (const [at, to] of path.entries()) {
    await insert(tx, 'order_timeline', {
      order_id: id,
      what: `order ${to}`,
      from_status: path[at - 1] ?? null,
      to_status: to,
      actor: 'shop',
    })
  }
  if (disputed) await insert(tx, 'order_timeline', { order_id: id, what: 'payment disputed', actor: 'gateway' })
}

async function writeMoney(tx: pg.PoolClient, shop: GoodShop, id: string, spec: OrderSpec) {
  const { paymentStatus, refundedMinor = 0, voided = false, asked = true, held = true } = spec
  const isConfirmed = spec.path.includes('paid')
  const isCaptured = ['captured', 'partially_refunded', 'refunded'].includes(paymentStatus)
  const intentId = `pi_${id}`
  await insert(tx, 'payments', {
    id: id.replace('ord_', 'pay_'),
    order_id: id,
    amount_minor: TOTAL_MINOR,
    currency: 'USD',
    payment_method: 'card',
    token: 'tok_visa',
    capture: spec.capture ?? 'automatic',
    voided,
    refunded_minor: refundedMinor,
    status:
      paymentStatus === 'refunded'
        ? 'refunded'
        : isCaptured
          ? 'success'
          : voided || paymentStatus === 'failed'
            ? 'failed'
            : 'pending',
    transaction_id: asked && (isConfirmed || voided || paymentStatus === 'failed') ? intentId : null,
    authorized_minor: isConfirmed ? TOTAL_MINOR : 0,
    captured_minor: isCaptured ? TOTAL_MINOR : 0,
    disputed_minor: spec.disputed ? TOTAL_MINOR : 0,
  })
  const enter = (type: LedgerEntry['type'], amount: number, entryId = newId('adj')) =>
    shop.evidence.ledger.entries.push(ledgerEntry({ id: entryId, type, amount, order_id: id, intent_id: intentId }))
  if (held) enter('authorization', TOTAL_MINOR)
  if (isCaptured) enter('capture', TOTAL_MINOR)
  if (held && voided) enter('void', TOTAL_MINOR)
  if (spec.disputed) enter('dispute', TOTAL_MINOR)
  if (refundedMinor > 0) {
    const refundId = id.replace('ord_', 're_')
    await insert(tx, 'refunds', {
      id: refundId,
      order_id: id,
      payment_id: id.replace('ord_', 'pay_'),
      amount_minor: refundedMinor,
      currency: 'USD',
      reason: 'asked',
      status: 'succeeded',
      transaction_id: `gateway-${refundId}`,
    })
    enter('refund', refundedMinor, `gateway-${refundId}`)
  }
}

export const ledgerEntry = (
  entry: Pick<LedgerEntry, 'id' | 'type' | 'amount' | 'order_id' | 'intent_id'>,
): LedgerEntry => ({
  ...entry,
  currency: 'USD',
  idempotency_key: entry.type === 'dispute' ? null : `${entry.order_id}:${entry.type}`,
  created_at: '2026-01-01T00:00:00.000Z',
})

async function writeEvents(
  tx: pg.PoolClient,
  id: string,
  { path, paymentStatus, cancelReason, refundedMinor }: OrderSpec,
) {
  await tell(tx, id, 'order.created')
  for (const status of path.slice(1)) {
    await tell(tx, id, `order.${status}`)
    await tell(tx, id, 'order.status_updated', status)
  }
  if (path.at(-1) === 'delivered') await tell(tx, id, 'order.completed')
  if (cancelReason && !cancelReason.startsWith('cancelled_by')) await tell(tx, id, 'order.failed')
  if (['captured', 'partially_refunded', 'refunded'].includes(paymentStatus)) await tell(tx, id, 'payment.success')
  if (cancelReason === 'payment_declined') await tell(tx, id, 'payment.failed')
  if (cancelReason) await tell(tx, id, 'inventory.released')
  if (refundedMinor) await tell(tx, id.replace('ord_', 're_'), 'refund.success')
}

export const tell = (tx: pg.PoolClient, about: string, type: string, more?: string): Promise<void> =>
  insert(tx, 'events', { id: [about, type, more].filter(Boolean).join(':'), type, aggregate_id: about, payload: {} })

/** What lies on the shelves follows from what the orders took: counted by hand once, at the end. */
async function countShelves(tx: pg.PoolClient) {
  const isSold = Object.values(specs).filter(
    ({ path }: OrderSpec) => path.includes('paid') && path.at(-1) !== 'cancelled',
  ).length
  const isPromised = Object.values(specs).filter(({ path }: OrderSpec) => path.at(-1) === 'pending').length
  for (const { unitMinor, quantity } of lines) {
    await tx.query(
      'update stock set on_hand = $1, reserved = $2 from products where id = product_id and price_minor = $3',
      [OPENING - isSold * quantity, isPromised * quantity, unitMinor],
    )
  }
}

async function writeReplenishment(tx: pg.PoolClient, { replenishment: id, products, evidence }: GoodShop) {
  const [product_id, receipt] = [products.cheap, newId('rcp')]
  await insert(tx, 'replenishments', {
    ...{ id, product_id, quantity: 10, received: 4, status: 'partially_received', requested_by: 'shop' },
  })
  await insert(tx, 'replenishment_receipts', { id: receipt, replenishment_id: id, quantity: 4, received_by: 'shop' })
  await insert(tx, 'inventory_records', {
    ...{ product_id, change_quantity: 4, change_type: 'in', reason: 'received', source: receipt },
  })
  await tx.query('update stock set on_hand = on_hand + 4, incoming = 6 where product_id = $1', [product_id])
  for (const [at, status] of ['withdrawn', 'confirmed'].entries()) {
    const supplier_id = newId('sup')
    await insert(tx, 'suppliers', { id: supplier_id, name: `Supplier ${at}` })
    await insert(tx, 'supplier_orders', {
      ...{ replenishment_id: id, turn: at + 1, supplier_id, supplier_sku: 'THING', lead_time_days: 7, quantity: 10 },
      ...{ unit_cost_minor: 100, currency: 'USD', status, told_at: status === 'withdrawn' ? new Date() : null },
      ...(status === 'confirmed' && { confirmed_quantity: 10, expected_at: new Date() }),
    })
  }
  evidence.runningWorkflows.push(`replenishment-${id}`)
}

async function writeWebhooks(tx: pg.PoolClient, { endpoint, orders, evidence }: GoodShop) {
  await insert(tx, 'webhook_endpoints', {
    ...{ id: endpoint, url: 'https://example.com', events: ['order.shipped'], secret: 'x', created_by: 'x' },
    begins_after: 0,
  })
  const { rows } = await tx.query<{ sequence: number; id: string }>(
    `select sequence, id from events where type = 'order.shipped'`,
  )
  for (const { sequence, id } of rows) {
    const status = id.startsWith(orders.shipped) ? 'pending' : 'delivered'
    const delivery = `dlv_${String(sequence).padStart(32, '0')}`
    await insert(tx, 'webhook_deliveries', { id: delivery, event_sequence: sequence, endpoint_id: endpoint, status })
    if (status === 'pending') evidence.runningWorkflows.push(`webhook-${id}-${endpoint}`)
    else await insert(tx, 'webhook_attempts', { delivery_id: delivery, status: 200, answer: '', took_ms: 1 })
  }
}

async function writeReturns(tx: pg.PoolClient, shop: GoodShop) {
  const { orders, products, returns, evidence } = shop
  returns.refunded = orders.partlyRefunded.replace('ord_', 'ret_')
  const decided = { reason: 'too big', requested_by: shop.userId, decided_by: 'shop', receive_until: new Date() }
  const of = {
    open: [orders.delivered, products.dear, 2],
    refunded: [orders.partlyRefunded, products.cheap, 1],
  } as const
  await insert(tx, 'returns', {
    ...{ id: returns.open, order_id: orders.delivered, status: 'partially_received', ...decided },
  })
  await insert(tx, 'returns', {
    ...{ id: returns.refunded, order_id: orders.partlyRefunded, status: 'refunded', refund_minor: 500, ...decided },
  })
  for (const [name, [order_id, product_id, quantity]] of Object.entries(of)) {
    const return_id = returns[name as keyof typeof returns]
    const [id, restock] = [newId('rrc'), name === 'open']
    await insert(tx, 'return_lines', { return_id, product_id, quantity, received: 1 })
    await insert(tx, 'return_receipts', { id, return_id, product_id, quantity: 1, restock, received_by: 'shop' })
    await tx.query('update reservations set returned = $3, restocked = $4 where order_id = $1 and product_id = $2', [
      ...[order_id, product_id, quantity, restock ? 1 : 0],
    ])
    if (!restock) continue
    await insert(tx, 'inventory_records', {
      ...{ product_id, change_quantity: 1, change_type: 'in', reason: 'returned', order_id, source: `${id}:restock` },
    })
    await tx.query('update stock set on_hand = on_hand + 1 where product_id = $1', [product_id])
  }
  evidence.runningWorkflows.push(`return-${returns.open}`)
  for (const id of Object.values(returns)) {
    await tell(tx, id, 'return.requested')
    await tell(tx, id, 'return.approved')
  }
  await tell(tx, returns.refunded, 'return.received')
  await tell(tx, returns.refunded, 'return.refunded')
}

export async function insert(tx: pg.PoolClient, table: string, row: Record<string, unknown>): Promise<void> {
  const columns = Object.keys(row)
  await tx.query(
    `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')})`,
    Object.values(row),
  )
}
