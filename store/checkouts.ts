import { refusedToken } from '../domain/accounts.ts'
import { type KeyClaim, type KeyUse, claimKey } from './idempotency.ts'
import type { Database, Db } from './database.ts'
import { inOrderOf } from './read-together.ts'

export type Address = {
  name: string
  line1: string
  line2?: string | undefined
  city: string
  state?: string | undefined
  postal_code: string
  country: string
  phone?: string | undefined
}

export type CheckoutLine = { productId: string; quantity: number }

/** What a customer asked for. Lines hold each product once. */
export type Checkout = {
  orderId: string
  userId: string
  /** Of the token that was sent for the user: it must still count. */
  tokenVersion: number
  lines: CheckoutLine[]
  payment: { method: string; token: string; capture: 'automatic' | 'manual' }
  shippingAddress: Address
  billingAddress: Address
}

/**
 * Ties the Idempotency-Key to the order and keeps the request, both or neither, before anything else happens. A repeat
 * finds the first one's order. Whoever is not, or no longer, who the token says is refused.
 */
export async function recordCheckout(database: Database, use: KeyUse, checkout: Checkout): Promise<KeyClaim> {
  const { rows } = await database.query<{ isCaller: boolean; isFresh: boolean }>({
    name: 'record-checkout',
    text: `with caller as (
             select from users where id = $1 and token_version = $13
           ), claimed as (
             insert into idempotency_keys (user_id, route, key, fingerprint, resource_id) select $1, $2, $3, $4, $5 from caller
             on conflict do nothing returning resource_id
           ), recorded as (
             insert into checkouts (order_id, user_id, product_ids, quantities, payment_method, payment_token, capture,
                                    shipping_address, billing_address)
             select resource_id, $1, $6, $7, $8, $9, $10, $11, $12 from claimed
           )
           select exists (select from caller) as "isCaller", exists (select from claimed) as "isFresh"`,
    values: [
      use.userId,
      use.route,
      use.key,
      use.fingerprint,
      checkout.orderId,
      checkout.lines.map((line) => line.productId),
      checkout.lines.map((line) => line.quantity),
      checkout.payment.method,
      checkout.payment.token,
      checkout.payment.capture,
      JSON.stringify(checkout.shippingAddress),
      JSON.stringify(checkout.billingAddress),
      checkout.tokenVersion,
    ],
  })
  if (!rows[0]?.isCaller) throw refusedToken('revoked')
  return rows[0].isFresh ? { resourceId: checkout.orderId, fresh: true } : claimKey(database, use, checkout.orderId)
}

export type Quote = {
  productId: string
  sku: string
  status: 'active' | 'inactive' | 'deleted'
  priceMinor: number
  currency: string
  available: number
}

/** What the shop can say at once about products someone wants: prices and promises are made later, by placing. */
export async function quoteProducts(db: Db, productIds: readonly string[]): Promise<(Quote | undefined)[]> {
  const { rows } = await db.query<Quote>({
    name: 'quote-products',
    text: `select p.id as "productId", p.sku, p.status, p.price_minor as "priceMinor", p.currency,
                  s.on_hand - s.reserved as available
             from products p join stock s on s.product_id = p.id
            where p.id = any($1::text[])`,
    values: [productIds],
  })
  return inOrderOf(productIds, rows, ({ productId }) => productId)
}
