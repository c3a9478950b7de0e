import type { Saboteur } from './saboteur.ts'

/** Bugs that lose units, orders or what they were made of. */
export const stockSaboteurs: readonly Saboteur[] = [
  {
    name: 'reserve-without-looking',
    bug: 'Units are promised without a look at how many there are.',
    edits: [
      {
        file: 'store/orders/place.ts',
        find: "              when bool_or(available < quantity) then 'insufficient_stock' end as problem,",
        replace: '              end as problem,',
      },
      {
        file: 'store/migrations/000002_catalogue.sql',
        find: 'check (0 <= reserved and reserved <= on_hand)',
        replace: 'check (0 <= reserved)',
      },
    ],
    caughtBy: 'sim',
    expects: ['stock_never_oversold'],
    alsoRemoves: 'the constraint stock_never_oversold, which refuses the statement',
  },
  {
    name: 'sum-per-line',
    bug: 'Two lines of one product are not summed before its stock is promised.',
    edits: [
      {
        file: 'api/routes/checkout.ts',
        find: `  return [...quantities]
    .map(([productId, quantity]) => ({ productId, quantity }))`,
        replace: `  return items
    .map(({ product_id: productId, quantity }) => ({ productId, quantity }))`,
      },
      {
        file: 'store/orders/place.ts',
        find: 'price_minor, price_minor * quantity from priced, placed',
        replace: 'price_minor, price_minor * quantity from priced, placed on conflict do nothing',
      },
      {
        file: 'store/orders/place.ts',
        find: 'select placed.id, product_id, quantity from priced, placed',
        replace: 'select placed.id, product_id, quantity from priced, placed on conflict do nothing',
      },
      {
        file: 'store/migrations/000003_orders.sql',
        find: "raise exception 'order % has a total",
        replace: "raise notice 'order % has a total",
      },
    ],
    caughtBy: 'sim',
    expects: ['order_is_what_was_asked_for', 'order_total_is_sum_of_lines'],
    alsoRemoves: 'the keys that refuse a second line of a product, and the constraint on the total of an order',
  },
  {
    name: 'total-without-quantities',
    bug: 'The total adds up unit prices and forgets how many units there are of each.',
    edits: [
      {
        file: 'store/orders/place.ts',
        find: 'sum(price_minor * quantity)::bigint as total_minor',
        replace: 'sum(price_minor)::bigint as total_minor',
      },
      {
        file: 'store/migrations/000003_orders.sql',
        find: "raise exception 'order % has a total",
        replace: "raise notice 'order % has a total",
      },
    ],
    caughtBy: 'sim',
    expects: ['order_total_is_sum_of_lines'],
    alsoRemoves: 'the constraint on the total of an order',
  },
  {
    name: 'no-state-guard',
    bug: 'Confirming an order does not ask whether it is still pending.',
    edits: [
      {
        file: 'store/orders/pay.ts',
        find: `review_until = null, updated_at = now()
   where id = $1 and status = 'pending'`,
        replace: `review_until = null, updated_at = now()
   where id = $1 and status <> 'cancelled'`,
      },
    ],
    caughtBy: 'sim',
    expects: ['only_legal_transitions'],
  },
  {
    name: 'cancel-keeps-the-stock',
    bug: 'A cancelled order lets go of its reservation, and the shelf still counts the units as promised.',
    edits: [
      {
        file: 'store/orders/cancel.ts',
        find: "reserved = s.reserved - case l.state when 'active' then l.quantity else 0 end,",
        replace: 'reserved = s.reserved,',
      },
    ],
    caughtBy: 'sim',
    expects: ['reserved_is_what_orders_hold'],
  },
  {
    name: 'no-ledger-row',
    bug: 'Units leave the shelf without an entry in the stock ledger.',
    edits: [
      {
        file: 'store/orders/pay.ts',
        find: "order_id || ':sale' from consumed\n",
        replace: "order_id || ':sale' from consumed where false\n",
      },
    ],
    caughtBy: 'sim',
    expects: ['shelf_is_sum_of_ledger', 'sales_and_returns_are_in_the_ledger'],
  },
  {
    name: 'key-not-kept',
    bug: 'The Idempotency-Key is not written down before the order is begun, so a repeat begins another.',
    edits: [
      {
        file: 'api/routes/checkout.ts',
        find: 'return recordCheckout(database, use, {',
        replace: 'return recordCheckout(database, { ...use, key: `${use.key}:${Math.random()}` }, {',
      },
    ],
    caughtBy: 'sim',
    expects: ['one key was answered with'],
  },
]
