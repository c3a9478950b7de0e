import type { Saboteur } from './saboteur.ts'

const receiving = 'store/replenishments/receive.ts'

/** Bugs in what is ordered for the shelf and what comes. */
export const replenishmentSaboteurs: readonly Saboteur[] = [
  {
    name: 'more-than-was-ordered',
    bug: 'Nobody looks how many units are still to come before some are counted in.',
    edits: [
      {
        file: receiving,
        find: "    if (quantity > left) return refused('over_receipt'",
        replace: "    if (quantity > left + quantity) return refused('over_receipt'",
      },
      {
        file: 'store/migrations/000006_replenishments.sql',
        find: 'check (0 <= received and received <= quantity)',
        replace: 'check (0 <= received)',
      },
      {
        file: 'store/migrations/000002_catalogue.sql',
        find: 'not null default 0 check (incoming >= 0)',
        replace: 'not null default 0',
      },
    ],
    caughtBy: 'chaos',
    args: ['--minutes', '0.5', '--fault-count', '0'],
    expects: ['received_is_what_was_counted_in', 'incoming_is_what_is_on_order'],
    alsoRemoves: 'the constraints on what was received and what is incoming, which refuse the statement',
  },
  {
    name: 'given-up-and-still-incoming',
    bug: 'A replenishment that is cancelled leaves what has not come among the incoming units.',
    edits: [
      {
        file: receiving,
        find: 'update stock k set incoming = k.incoming - open.missing',
        replace: 'update stock k set incoming = k.incoming',
      },
    ],
    caughtBy: 'chaos',
    args: ['--minutes', '0.5', '--fault-count', '0'],
    expects: ['incoming_is_what_is_on_order'],
  },
  {
    name: 'two-suppliers-at-a-time',
    bug: 'Who has waited long enough for a supplier asks the next one and does not withdraw the order of the first.',
    edits: [
      {
        file: 'store/suppliers/withdrawals.ts',
        find: "update supplier_orders set status = 'withdrawn', answered_at = now()",
        replace: 'update supplier_orders set answered_at = now()',
      },
      {
        file: 'store/migrations/000008_suppliers.sql',
        find: 'create unique index supplier_orders_one_asked on',
        replace: 'create index supplier_orders_one_asked on',
      },
    ],
    caughtBy: 'chaos',
    args: ['--minutes', '1', '--fault-count', '0'],
    expects: ['suppliers_promise_no_more_than_is_wanted'],
    alsoRemoves: 'the unique index that allows one unanswered supplier of a replenishment',
  },
  {
    name: 'supplier-left-waiting',
    bug: 'A replenishment that is given up does not withdraw what its suppliers were asked for.',
    edits: [
      {
        file: receiving,
        find: "and o.status in ('asked', 'confirmed')",
        replace: "and o.status = 'refused'",
      },
    ],
    caughtBy: 'chaos',
    args: ['--minutes', '0.5', '--fault-count', '0'],
    expects: ['supplier_orders_end_with_their_replenishment'],
  },
]
