import type pg from 'pg'
import type { LedgerEntry } from '../../store/invariants.ts'
import { type GoodShop, insert, ledgerEntry, tell, TOTAL_MINOR } from './invariants.fixtures.ts'

type Scene = Omit<GoodShop, 'evidence'> & {
  tx: pg.PoolClient
  ledger: LedgerEntry[]
  running: string[]
  index: GoodShop['evidence']['index']
}

export type Sabotage = { what: string; breaks: string[]; act: (scene: Scene) => Promise<unknown> | void }

const GHOST = 'ord_00000000-0000-7000-8000-000000000000'

const sql =
  (statement: string, ...of: ((scene: Scene) => unknown)[]) =>
  (scene: Scene) =>
    scene.tx.query(
      statement,
      of.map((value) => value(scene)),
    )

const order = (name: keyof GoodShop['orders']) => (scene: Scene) => scene.orders[name]
const dear = ({ products }: Scene) => products.dear

/** The ledger's entries of an order, changed in place. */
const atGateway =
  (name: keyof GoodShop['orders'], type: LedgerEntry['type'], change: (entry: LedgerEntry) => void) =>
  (scene: Scene) => {
    const entries = scene.ledger.filter((entry) => entry.order_id === scene.orders[name] && entry.type === type)
    if (entries.length === 0) throw new Error(`${name} has no ${type}`)
    entries.forEach(change)
  }

const lost =
  (name: keyof GoodShop['orders'], type: LedgerEntry['type']) =>
  ({ ledger, orders }: Scene) => {
    const at = ledger.findIndex((entry) => entry.order_id === orders[name] && entry.type === type)
    if (at < 0) throw new Error(`${name} has no ${type}`)
    ledger.splice(at, 1)
  }

const entered =
  (name: keyof GoodShop['orders'], type: LedgerEntry['type'], change: Partial<LedgerEntry> = {}) =>
  ({ ledger, orders }: Scene) => {
    const orderId = orders[name]
    const entry = ledgerEntry({
      id: `extra-${type}`,
      type,
      amount: TOTAL_MINOR,
      order_id: orderId,
      intent_id: `pi_${orderId}`,
    })
    ledger.push({ ...entry, idempotency_key: `extra-${type}`, ...change })
  }

const stock: Sabotage[] = [
  {
    what: 'more is promised than there is',
    breaks: ['stock_never_oversold', 'reserved_is_what_orders_hold'],
    act: sql('update stock set reserved = on_hand + 1 where product_id = $1', dear),
  },
  {
    what: 'a count went below zero',
    breaks: ['stock_never_oversold', 'shelf_is_sum_of_ledger'],
    act: sql('update stock set on_hand = -1 where product_id = $1', dear),
  },
  {
    what: 'a unit stays promised to nobody',
    breaks: ['reserved_is_what_orders_hold'],
    act: sql('update stock set reserved = reserved + 1 where product_id = $1', dear),
  },
  {
    what: 'a reservation was dropped and its units were not',
    breaks: ['reserved_is_what_orders_hold', 'reservation_agrees_with_order'],
    act: sql('delete from reservations where order_id = $1', order('pending')),
  },
  {
    what: 'a unit left the shelf without a word',
    breaks: ['shelf_is_sum_of_ledger'],
    act: sql('update stock set on_hand = on_hand - 1 where product_id = $1', dear),
  },
  {
    what: 'the ledger tells of a delivery that never lay on the shelf',
    breaks: ['shelf_is_sum_of_ledger'],
    act: sql(
      `insert into inventory_records (product_id, change_quantity, change_type, reason, source) values ($1, 5, 'in', 'delivery', 'x')`,
      dear,
    ),
  },
  {
    what: 'a product has no shelf',
    breaks: ['every_product_has_a_shelf', 'index_holds_every_product_as_it_is'],
    act: sql(
      `insert into products (id, sku, name, price_minor, currency, category) values ('prd_00000000', 'x', 'x', 1, 'USD', 'x')`,
    ),
  },
  {
    what: 'a sale was written into the ledger twice',
    breaks: ['sales_and_returns_are_in_the_ledger', 'shelf_is_sum_of_ledger'],
    act: sql(
      `insert into inventory_records (product_id, change_quantity, change_type, reason, order_id, source) select product_id, change_quantity, change_type, reason, order_id, source from inventory_records where source = $1 || ':sale'`,
      order('paid'),
    ),
  },
  {
    what: 'a return is missing from the ledger',
    breaks: ['sales_and_returns_are_in_the_ledger', 'shelf_is_sum_of_ledger'],
    act: sql(`delete from inventory_records where source = $1 || ':return'`, order('refunded')),
  },
  {
    what: 'units count as put back and nothing did it',
    breaks: ['restocked_is_what_was_put_back'],
    act: sql('update reservations set restocked = 1 where order_id = $1 and product_id = $2', order('paid'), dear),
  },
  {
    what: 'the ledger sold to an order that is not there',
    breaks: ['sales_and_returns_are_in_the_ledger'],
    act: sql(`update inventory_records set order_id = '${GHOST}', source = '${GHOST}:odd' where source = 'opening'`),
  },
]

const replenishment = (scene: Scene) => scene.replenishment

const replenishments: Sabotage[] = [
  {
    what: 'units are incoming that nobody ordered',
    breaks: ['incoming_is_what_is_on_order'],
    act: sql('update stock set incoming = incoming + 1 where product_id = $1', dear),
  },
  {
    what: 'a cancelled replenishment left its units incoming, and its supplier waiting',
    breaks: ['incoming_is_what_is_on_order', 'supplier_orders_end_with_their_replenishment'],
    act: sql(`update replenishments set status = 'cancelled' where id = $1`, replenishment),
  },
  {
    what: 'a product is replenished twice at a time',
    breaks: ['one_open_replenishment_of_a_product', 'every_open_replenishment_is_looked_after'],
    act: ({ tx, products }) =>
      insert(tx, 'replenishments', {
        ...{ id: 'po_00000000', product_id: products.cheap, quantity: 1, requested_by: 'shop' },
      }),
  },
  {
    what: 'a delivery was counted in twice',
    breaks: ['received_is_what_was_counted_in', 'incoming_is_what_is_on_order'],
    act: sql('update replenishments set received = received + 4 where id = $1', replenishment),
  },
  {
    what: 'more came than was ordered',
    breaks: [
      'received_is_what_was_counted_in',
      'incoming_is_what_is_on_order',
      'suppliers_promise_no_more_than_is_wanted',
    ],
    act: sql('update replenishments set quantity = 3 where id = $1', replenishment),
  },
  {
    what: 'a receipt is missing from the stock ledger',
    breaks: ['received_is_what_was_counted_in', 'shelf_is_sum_of_ledger'],
    act: sql(
      `delete from inventory_records where product_id = $1 and source like 'rcp%'`,
      ({ products }) => products.cheap,
    ),
  },
  {
    what: 'the stock ledger tells of a receipt that is not there',
    breaks: ['received_is_what_was_counted_in'],
    act: sql('delete from replenishment_receipts where replenishment_id = $1', replenishment),
  },
  {
    what: 'the same units were promised by two suppliers',
    breaks: ['suppliers_promise_no_more_than_is_wanted'],
    act: sql(
      `update supplier_orders set status = 'confirmed', confirmed_quantity = 10, expected_at = now()
        where replenishment_id = $1 and turn = 1`,
      replenishment,
    ),
  },
  {
    what: 'a supplier is asked while another one may still promise',
    breaks: ['suppliers_promise_no_more_than_is_wanted'],
    act: sql(
      `update supplier_orders set status = 'asked', quantity = 5, confirmed_quantity = 0 where replenishment_id = $1`,
      replenishment,
    ),
  },
  {
    what: 'a replenishment counts as confirmed by nobody',
    breaks: ['supplier_orders_end_with_their_replenishment'],
    act: async ({ tx, replenishment: id }) => {
      await tx.query('delete from supplier_orders where replenishment_id = $1', [id])
      await tx.query(`update replenishments set status = 'confirmed' where id = $1`, [id])
    },
  },
  {
    what: 'a supplier was never told that nobody waits for it',
    breaks: ['withdrawn_suppliers_know_it'],
    act: sql('update supplier_orders set told_at = null where replenishment_id = $1', replenishment),
  },
  {
    what: 'nobody looks after a replenishment',
    breaks: ['every_open_replenishment_is_looked_after'],
    act: ({ running, replenishment: id }) => void running.splice(running.indexOf(`replenishment-${id}`), 1),
  },
]

const orders: Sabotage[] = [
  {
    what: 'a total is one cent too high',
    breaks: [
      'order_total_is_sum_of_lines',
      'order_has_one_payment',
      'paid_order_has_its_money',
      'paid_order_is_captured_once',
      'no_charge_without_an_order',
    ],
    act: sql('update orders set total_minor = total_minor + 1 where id = $1', order('paid')),
  },
  {
    what: 'a line is not its price times its quantity',
    breaks: ['order_total_is_sum_of_lines'],
    act: sql(`update order_items set total_price_minor = 1 where order_id = $1 and sku = 'cheap'`, order('paid')),
  },
  {
    what: 'an order has no line',
    breaks: ['order_total_is_sum_of_lines', 'order_is_what_was_asked_for', 'reservation_agrees_with_order'],
    act: sql('delete from order_items where order_id = $1', order('paid')),
  },
  {
    what: 'an order is for more than was asked for',
    breaks: ['order_is_what_was_asked_for'],
    act: sql('update checkouts set quantities = array[1, 1] where order_id = $1', order('paid')),
  },
  {
    what: "an order belongs to another customer's request",
    breaks: ['order_is_what_was_asked_for', 'one_key_one_order'],
    act: sql(`update checkouts set user_id = 'usr_00000000' where order_id = $1`, order('paid')),
  },
  {
    what: 'a checkout counts as placed and there is no order',
    breaks: ['checkout_becomes_one_order_or_none', 'order_is_what_was_asked_for'],
    act: sql(`update checkouts set outcome = 'placed' where order_id = $1`, ({ checkouts }) => checkouts.refused),
  },
  {
    what: 'a checkout that was given up became an order',
    breaks: ['checkout_becomes_one_order_or_none', 'order_is_what_was_asked_for'],
    act: sql(`update checkouts set outcome = 'abandoned' where order_id = $1`, order('paid')),
  },
  {
    what: 'two orders have one number',
    breaks: ['order_number_is_its_own'],
    act: sql('update orders set number = 7 where id in ($1, $2)', order('paid'), order('held')),
  },
  {
    what: 'one key made two orders',
    breaks: ['one_key_one_order'],
    act: sql(
      `update idempotency_keys set key = 'same' where route = 'POST /v1/orders' and resource_id in ($1, $2)`,
      order('paid'),
      order('held'),
    ),
  },
  {
    what: 'two keys made one order',
    breaks: ['one_key_one_order'],
    act: sql(
      `insert into idempotency_keys select user_id, route, 'another', fingerprint, resource_id from idempotency_keys where route = 'POST /v1/orders' and resource_id = $1`,
      order('paid'),
    ),
  },
  {
    what: 'an order was made without a key',
    breaks: ['one_key_one_order'],
    act: sql('delete from idempotency_keys where resource_id = $1', order('paid')),
  },
  {
    what: 'a pending order holds less than it ordered',
    breaks: ['reservation_agrees_with_order', 'reserved_is_what_orders_hold'],
    act: sql(`update reservations set quantity = 1 where order_id = $1 and product_id = $2`, order('pending'), dear),
  },
  {
    what: 'a paid order is still only promised its units',
    breaks: ['reservation_agrees_with_order', 'reserved_is_what_orders_hold', 'sales_and_returns_are_in_the_ledger'],
    act: sql(`update reservations set state = 'active' where order_id = $1`, order('paid')),
  },
  {
    what: 'a reservation has no order',
    breaks: ['reservation_agrees_with_order', 'reserved_is_what_orders_hold'],
    act: sql(`insert into reservations (order_id, product_id, quantity) values ('${GHOST}', $1, 1)`, dear),
  },
  {
    what: 'a cancelled order still holds its units',
    breaks: ['cancelled_order_holds_nothing', 'reserved_is_what_orders_hold', 'every_event_has_its_fact'],
    act: sql(`update reservations set state = 'active' where order_id = $1`, order('declined')),
  },
  {
    what: 'a cancelled order keeps what was sold to it',
    breaks: ['cancelled_order_holds_nothing', 'sales_and_returns_are_in_the_ledger', 'every_event_has_its_fact'],
    act: sql(`update reservations set state = 'consumed' where order_id = $1`, order('refunded')),
  },
]

const timeline: Sabotage[] = [
  {
    what: 'a cancelled order was shipped',
    breaks: ['only_legal_transitions', 'order_stands_where_its_timeline_ends', 'every_fact_has_its_event'],
    act: sql(
      `insert into order_timeline (order_id, what, from_status, to_status, actor) values ($1, 'order shipped', 'cancelled', 'shipped', 'shop')`,
      order('declined'),
    ),
  },
  {
    what: 'a step starts where the order did not stand',
    breaks: ['only_legal_transitions', 'every_event_has_its_fact'],
    act: sql(`delete from order_timeline where order_id = $1 and to_status = 'shipped'`, order('delivered')),
  },
  {
    what: 'an order begins in the middle',
    breaks: ['only_legal_transitions'],
    act: sql(`delete from order_timeline where order_id = $1 and to_status = 'pending'`, order('paid')),
  },
  {
    what: 'an order moved without a word',
    breaks: ['order_stands_where_its_timeline_ends'],
    act: sql(`update orders set status = 'shipped' where id = $1`, order('paid')),
  },
  {
    what: 'a timeline has no order',
    breaks: ['order_stands_where_its_timeline_ends'],
    act: sql(
      `insert into order_timeline (order_id, what, to_status, actor) values ('${GHOST}', 'order placed', 'pending', 'shop')`,
    ),
  },
]

const money: Sabotage[] = [
  {
    what: 'an order has no payment',
    breaks: ['order_has_one_payment'],
    act: sql('delete from payments where order_id = $1', order('pending')),
  },
  {
    what: 'an order has two payments',
    breaks: ['order_has_one_payment'],
    act: sql(
      `insert into payments (id, order_id, amount_minor, currency, payment_method, token, capture) select 'pay_00000000', order_id, amount_minor, currency, payment_method, token, capture from payments where order_id = $1`,
      order('pending'),
    ),
  },
  {
    what: 'a payment is in another currency',
    breaks: ['order_has_one_payment'],
    act: sql(`update payments set currency = 'EUR' where order_id = $1`, order('pending')),
  },
  {
    what: 'an order was confirmed without money',
    breaks: ['paid_order_has_its_money'],
    act: sql('update payments set authorized_minor = 0 where order_id = $1', order('held')),
  },
  {
    what: 'a paid order does not know its payment at the gateway',
    breaks: ['paid_order_has_its_money', 'our_books_are_true_at_the_gateway', 'gateway_ledger_is_in_our_books'],
    act: sql('update payments set transaction_id = null where order_id = $1', order('paid')),
  },
  {
    what: 'a paid order was never captured',
    breaks: [
      'paid_order_is_captured_once',
      'gateway_ledger_is_in_our_books',
      'every_event_has_its_fact',
      'payment_status_agrees_with_payment',
    ],
    act: sql('update payments set captured_minor = 0 where order_id = $1', order('paid')),
  },
  {
    what: 'an order shipped before its money was taken',
    breaks: ['paid_order_is_captured_once', 'order_stands_where_its_timeline_ends'],
    act: sql(`update orders set status = 'shipped' where id = $1`, order('held')),
  },
  {
    what: 'the hold of an order that is to be captured by hand was let go',
    breaks: ['paid_order_is_captured_once', 'payment_status_agrees_with_payment'],
    act: async (scene) => {
      entered('held', 'void')(scene)
      await scene.tx.query('update payments set voided = true where order_id = $1', [scene.orders.held])
    },
  },
  {
    what: 'a cancelled order keeps the money',
    breaks: [
      'captured_money_is_earned_or_returned',
      'cancelled_order_owes_nothing',
      'gateway_ledger_is_in_our_books',
      'every_event_has_its_fact',
    ],
    act: async ({ tx, orders: { refunded } }) => {
      await tx.query(`update orders set payment_status = 'captured' where id = $1`, [refunded])
      await tx.query(`update payments set status = 'success', refunded_minor = 0 where order_id = $1`, [refunded])
      await tx.query('delete from refunds where order_id = $1', [refunded])
    },
  },
  {
    what: 'a cancelled order was never told what became of its hold',
    breaks: ['cancelled_order_owes_nothing', 'payment_status_agrees_with_payment'],
    act: sql(`update orders set payment_status = 'authorized' where id = $1`, order('released')),
  },
  {
    what: 'an order claims money that its payment does not have',
    breaks: ['payment_status_agrees_with_payment'],
    act: sql(`update orders set payment_status = 'captured' where id = $1`, order('held')),
  },
  {
    what: 'more is on its way back than was taken',
    breaks: ['refunds_stay_within_captured', 'claims_are_refunds_on_their_way', 'every_open_refund_is_looked_after'],
    act: sql(
      `insert into refunds (id, order_id, payment_id, amount_minor, currency, reason, status) select 're_00000000', order_id, id, 3001, currency, 'x', 'pending_approval' from payments where order_id = $1`,
      order('partlyRefunded'),
    ),
  },
  {
    what: 'a refund is in another currency',
    breaks: ['refunds_stay_within_captured', 'our_books_are_true_at_the_gateway', 'gateway_ledger_is_in_our_books'],
    act: sql(`update refunds set currency = 'EUR' where order_id = $1`, order('partlyRefunded')),
  },
  {
    what: 'a refund that failed was counted',
    breaks: [
      'refunded_is_sum_of_refunds',
      'gateway_ledger_is_in_our_books',
      'every_event_has_its_fact',
      'refunded_return_gave_its_money_back',
    ],
    act: sql(`update refunds set status = 'failed' where order_id = $1`, order('partlyRefunded')),
  },
  {
    what: 'money stays claimed after its refund has ended',
    breaks: ['claims_are_refunds_on_their_way'],
    act: sql('update payments set refund_held_minor = 1 where order_id = $1', order('paid')),
  },
  {
    what: 'a refund is on its way and nobody carries it',
    breaks: ['every_open_refund_is_looked_after'],
    act: sql(
      `with claimed as (update payments set refund_held_minor = 100 where order_id = $1 returning id, order_id)
       insert into refunds (id, order_id, payment_id, amount_minor, currency, reason, status)
       select replace(order_id, 'ord_', 're_'), order_id, id, 100, 'USD', 'broken', 'processing' from claimed`,
      order('delivered'),
    ),
  },
  {
    what: 'a refund succeeded and nobody knows under which id',
    breaks: ['refunded_is_sum_of_refunds', 'our_books_are_true_at_the_gateway', 'gateway_ledger_is_in_our_books'],
    act: sql('update refunds set transaction_id = null where order_id = $1', order('partlyRefunded')),
  },
]

const gateway: Sabotage[] = [
  {
    what: 'an order was captured twice on one intent',
    breaks: ['order_is_charged_once', 'gateway_gives_back_only_what_it_took'],
    act: entered('paid', 'capture'),
  },
  {
    what: 'an order was charged again on another intent',
    breaks: ['order_is_charged_once', 'gateway_ledger_is_in_our_books'],
    act: (scene) => {
      entered('paid', 'authorization', { intent_id: 'pi_other' })(scene)
      entered('paid', 'capture', { intent_id: 'pi_other' })(scene)
    },
  },
  {
    what: 'an order is held twice',
    breaks: ['order_is_charged_once', 'gateway_ledger_is_in_our_books'],
    act: entered('held', 'authorization', { intent_id: 'pi_other' }),
  },
  {
    what: 'more was captured than was held',
    breaks: [
      'gateway_gives_back_only_what_it_took',
      'our_books_are_true_at_the_gateway',
      'gateway_ledger_is_in_our_books',
      'no_charge_without_an_order',
    ],
    act: atGateway('paid', 'capture', (entry) => void entry.amount++),
  },
  {
    what: 'more was paid out than was taken',
    breaks: ['gateway_gives_back_only_what_it_took', 'gateway_ledger_is_in_our_books'],
    act: entered('refunded', 'refund', { amount: 1 }),
  },
  {
    what: 'one key moved money twice',
    breaks: ['gateway_acts_once_per_key', 'gateway_gives_back_only_what_it_took', 'order_is_charged_once'],
    act: ({ orders: { paid }, ...scene }) =>
      entered('paid', 'capture', { idempotency_key: `${paid}:capture` })({
        orders: { paid } as GoodShop['orders'],
        ...scene,
      }),
  },
  {
    what: 'money moved without a key',
    breaks: ['gateway_acts_once_per_key'],
    act: atGateway('paid', 'capture', (entry) => void (entry.idempotency_key = null)),
  },
  {
    what: 'there is a charge without an order',
    breaks: ['no_charge_without_an_order', 'gateway_ledger_is_in_our_books', 'hold_ends_with_its_order'],
    act: entered('paid', 'authorization', { order_id: GHOST, intent_id: 'pi_ghost' }),
  },
  {
    what: 'a checkout that never became an order was charged',
    breaks: ['no_charge_without_an_order', 'gateway_ledger_is_in_our_books', 'hold_ends_with_its_order'],
    act: (scene) =>
      entered('paid', 'authorization', { order_id: scene.checkouts.received, intent_id: 'pi_ghost' })(scene),
  },
  {
    what: 'a charge is in another currency',
    breaks: ['no_charge_without_an_order', 'our_books_are_true_at_the_gateway', 'gateway_ledger_is_in_our_books'],
    act: atGateway('paid', 'capture', (entry) => void (entry.currency = 'EUR')),
  },
  {
    what: 'we believe in a capture that the gateway does not know',
    breaks: ['our_books_are_true_at_the_gateway', 'hold_ends_with_its_order'],
    act: lost('delivered', 'capture'),
  },
  {
    what: 'we believe in a hold that the gateway does not know',
    breaks: ['our_books_are_true_at_the_gateway'],
    act: lost('held', 'authorization'),
  },
  {
    what: 'we believe in a refund that the gateway does not know',
    breaks: ['our_books_are_true_at_the_gateway'],
    act: lost('refunded', 'refund'),
  },
  {
    what: 'we believe a hold was let go and it was not',
    breaks: ['our_books_are_true_at_the_gateway', 'hold_ends_with_its_order'],
    act: lost('risky', 'void'),
  },
  {
    what: 'the refund that we know by an id is another one there',
    breaks: ['our_books_are_true_at_the_gateway', 'gateway_ledger_is_in_our_books'],
    act: atGateway('refunded', 'refund', (entry) => void (entry.id = 'another')),
  },
  {
    what: 'the gateway took money that we did not write down',
    breaks: ['gateway_ledger_is_in_our_books'],
    act: entered('held', 'capture'),
  },
  {
    what: 'the gateway holds money for an order whose payment knows another hold',
    breaks: ['gateway_ledger_is_in_our_books', 'our_books_are_true_at_the_gateway'],
    act: atGateway('held', 'authorization', (entry) => void (entry.intent_id = 'pi_other')),
  },
  {
    what: 'the gateway let a hold go and we still count on it',
    breaks: ['gateway_ledger_is_in_our_books'],
    act: entered('held', 'void'),
  },
  {
    what: 'a cancelled order is still held',
    breaks: ['hold_ends_with_its_order', 'cancelled_order_owes_nothing', 'payment_status_agrees_with_payment'],
    act: async (scene) => {
      lost('released', 'void')(scene)
      await scene.tx.query('update payments set voided = false where order_id = $1', [scene.orders.released])
      await scene.tx.query(`update orders set payment_status = 'authorized' where id = $1`, [scene.orders.released])
    },
  },
  {
    what: 'a dispute was not counted',
    breaks: ['dispute_reaches_a_person'],
    act: sql('update payments set disputed_minor = 0 where order_id = $1', order('shipped')),
  },
  {
    what: 'a dispute was won at the gateway and our books still count it',
    breaks: ['dispute_reaches_a_person', 'gateway_ledger_is_in_our_books'],
    act: entered('shipped', 'reinstatement', { idempotency_key: null }),
  },
  {
    what: 'a dispute was counted and nobody was called',
    breaks: ['dispute_reaches_a_person'],
    act: async ({ tx, orders: { shipped } }) => {
      await tx.query('update orders set needs_attention = null where id = $1', [shipped])
      await tx.query(`delete from order_timeline where order_id = $1 and what = 'payment disputed'`, [shipped])
    },
  },
]

const workflows: Sabotage[] = [
  {
    what: 'an open order has no workflow',
    breaks: ['every_open_order_is_looked_after'],
    act: ({ running }) => void running.shift(),
  },
  {
    what: 'a workflow runs for an order that is over',
    breaks: ['every_open_order_is_looked_after'],
    act: ({ running, orders: { delivered } }) => void running.push(`order-${delivered}`),
  },
  {
    what: 'a workflow runs for an order that is not there',
    breaks: ['every_open_order_is_looked_after'],
    act: ({ running }) => void running.push(`order-${GHOST}`),
  },
  {
    what: 'a workflow runs for a checkout that was refused',
    breaks: ['every_open_order_is_looked_after'],
    act: ({ running, checkouts: { refused } }) => void running.push(`order-${refused}`),
  },
]

const told = [
  'order.created',
  'order.paid',
  'order.status_updated:paid',
  'payment.success',
  'order.shipped',
  'order.delivered',
  'order.completed',
] as const

const events: Sabotage[] = [
  ...told.map((type) => ({
    what: `${type} was never told`,
    breaks: ['every_fact_has_its_event'],
    act: sql(`delete from events where id = $1 || ':${type}'`, order('delivered')),
  })),
  {
    what: 'payment.failed was never told',
    breaks: ['every_fact_has_its_event'],
    act: sql(`delete from events where id = $1 || ':payment.failed'`, order('declined')),
  },
  {
    what: 'order.failed was never told',
    breaks: ['every_fact_has_its_event'],
    act: sql(`delete from events where id = $1 || ':order.failed'`, order('declined')),
  },
  {
    what: 'a cancellation, its release and its refund were never told',
    breaks: ['every_fact_has_its_event'],
    act: sql(
      `delete from events where type in ('order.cancelled', 'inventory.released', 'refund.success') and $1::text is not null`,
      order('refunded'),
    ),
  },
  {
    what: 'an order was told paid that is not',
    breaks: ['every_event_has_its_fact'],
    act: ({ tx, orders: { pending } }) => tell(tx, pending, 'order.paid'),
  },
  {
    what: 'an order was told to have turned that has not',
    breaks: ['every_event_has_its_fact'],
    act: ({ tx, orders: { pending } }) => tell(tx, pending, 'order.status_updated', 'paid'),
  },
  {
    what: 'an order was told completed that is on its way',
    breaks: ['every_event_has_its_fact'],
    act: ({ tx, orders: { shipped } }) => tell(tx, shipped, 'order.completed'),
  },
  {
    what: 'a payment was told that failed',
    breaks: ['every_event_has_its_fact'],
    act: ({ tx, orders: { declined } }) => tell(tx, declined, 'payment.success'),
  },
  {
    what: 'an event is about nothing',
    breaks: ['every_event_has_its_fact'],
    act: ({ tx }) => tell(tx, GHOST, 'order.created'),
  },
  {
    what: 'a fact was told again under another id',
    breaks: ['every_event_has_its_fact'],
    act: ({ tx, orders: { paid } }) =>
      insert(tx, 'events', { id: `${paid}:order.paid:2`, type: 'order.paid', aggregate_id: paid, payload: {} }),
  },
  {
    what: 'one event stands there twice',
    breaks: ['every_event_has_its_fact'],
    act: ({ tx, orders: { paid } }) => tell(tx, paid, 'order.paid'),
  },
]

const webhooks: Sabotage[] = [
  {
    what: 'an endpoint was passed over',
    breaks: ['every_event_reaches_its_endpoints'],
    act: sql(
      `delete from webhook_deliveries where endpoint_id = $1 and status = 'pending'`,
      ({ endpoint }) => endpoint,
    ),
  },
  {
    what: 'nobody carries a webhook',
    breaks: ['every_open_delivery_is_looked_after'],
    act: ({ running }) => {
      const at = running.findIndex((id) => id.startsWith('webhook-'))
      running.splice(at, 1)
    },
  },
  {
    what: 'a webhook is carried to an endpoint that is gone',
    breaks: ['every_open_delivery_is_looked_after'],
    act: sql(`update webhook_endpoints set status = 'deleted' where id = $1`, ({ endpoint }) => endpoint),
  },
  {
    what: 'a webhook is called delivered that nobody took',
    breaks: ['delivered_webhook_was_taken'],
    act: sql(
      `update webhook_attempts set status = 500 where delivery_id in (select id from webhook_deliveries where endpoint_id = $1)`,
      ({ endpoint }) => endpoint,
    ),
  },
]

const reconciled: Sabotage[] = [
  {
    what: 'our books let a stray hold go that the gateway still has',
    breaks: ['stray_hold_is_let_go'],
    act: sql(
      `insert into stray_holds (intent_id, order_id, amount_minor, currency, let_go_at) values ('pi_stray', '${GHOST}', 1, 'USD', now() - interval '1 day')`,
    ),
  },
  {
    what: 'a request was taken down and nobody began with it',
    breaks: ['every_checkout_is_decided'],
    act: sql(
      `with long_ago as (update idempotency_keys set created_at = created_at - interval '2 hours' where resource_id = $1)
       update checkouts set created_at = created_at - interval '2 hours' where order_id = $1`,
      ({ checkouts }) => checkouts.received,
    ),
  },
  {
    what: 'the search index was dropped',
    breaks: ['index_holds_as_many_products_as_are_for_sale', 'index_holds_every_product_as_it_is'],
    act: ({ index }) => void Object.assign(index, { documents: 0, products: [] }),
  },
  {
    what: 'the search index shows an old version of a product',
    breaks: ['index_holds_every_product_as_it_is'],
    act: sql('update products set version = version + 1 where id = $1', dear),
  },
]

const reviews: Sabotage[] = [
  {
    what: 'a product is rated by a review that nobody wrote',
    breaks: ['ratings_are_what_reviews_say'],
    act: sql('insert into product_ratings (product_id, count, sum) values ($1, 1, 5)', dear),
  },
  {
    what: 'search sorts a product by stars that nobody gave',
    breaks: ['ratings_are_what_reviews_say'],
    act: sql('update products set rating = 5, rating_count = 1 where id = $1', dear),
  },
]

const returned = (name: keyof GoodShop['returns']) => (scene: Scene) => scene.returns[name]

const returns: Sabotage[] = [
  {
    what: 'more units came back than were bought',
    breaks: ['returned_is_what_returns_claim', 'return_received_what_was_counted_in'],
    act: sql(
      `with claimed as (update reservations v set returned = 3 from returns r where r.id = $1 and v.order_id = r.order_id and v.returned = 2)
       update return_lines set quantity = 3, received = 4 where return_id = $1`,
      returned('open'),
    ),
  },
  {
    what: 'units stay claimed by a return that was given up',
    breaks: ['returned_is_what_returns_claim'],
    act: sql('update reservations set returned = 1 where order_id = $1 and product_id = $2', order('paid'), dear),
  },
  {
    what: 'what came back was put on the shelf twice',
    breaks: ['sales_and_returns_are_in_the_ledger', 'shelf_is_sum_of_ledger'],
    act: sql(
      `insert into inventory_records (product_id, change_quantity, change_type, reason, order_id, source)
       select product_id, change_quantity, change_type, reason, order_id, source from inventory_records where source like 'rrc%' and $1::text is not null`,
      returned('open'),
    ),
  },
  {
    what: 'a receipt was lost',
    breaks: ['return_received_what_was_counted_in'],
    act: sql('delete from return_receipts where return_id = $1', returned('refunded')),
  },
  {
    what: 'a return waits for goods that have all come',
    breaks: ['return_received_what_was_counted_in', 'returned_is_what_returns_claim'],
    act: sql('update return_lines set quantity = received where return_id = $1', returned('open')),
  },
  {
    what: 'a refunded return gave back less than was paid for it',
    breaks: ['refunded_return_gave_its_money_back'],
    act: sql('update returns set refund_minor = 499 where id = $1', returned('refunded')),
  },
  {
    what: 'a return counts as refunded and nothing went back',
    breaks: ['refunded_return_gave_its_money_back'],
    act: sql('update returns set refund_minor = null where id = $1', returned('refunded')),
  },
  {
    what: 'a return was paid back before anything came',
    breaks: [
      'refunded_return_gave_its_money_back',
      'return_received_what_was_counted_in',
      'every_open_return_is_looked_after',
      'every_event_has_its_fact',
    ],
    act: sql(`update returns set status = 'approved' where id = $1`, returned('refunded')),
  },
  {
    what: 'a return waits and nobody carries it',
    breaks: ['every_open_return_is_looked_after'],
    act: ({ running, returns: { open } }) => void running.splice(running.indexOf(`return-${open}`), 1),
  },
  {
    what: 'a return was never told of',
    breaks: ['every_fact_has_its_event'],
    act: sql(`delete from events where id like $1 || ':return.%'`, returned('open')),
  },
  {
    what: 'a return was said to be refunded that is not',
    breaks: ['every_event_has_its_fact'],
    act: ({ tx, returns: { open } }) => tell(tx, open, 'return.refunded'),
  },
]

export const sabotages: Sabotage[] = [
  ...stock,
  ...returns,
  ...replenishments,
  ...orders,
  ...timeline,
  ...money,
  ...gateway,
  ...workflows,
  ...events,
  ...webhooks,
  ...reconciled,
  ...reviews,
]
