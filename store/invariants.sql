-- What must be true of this shop, always. Each query returns who breaks its promise: a subject and a detail in words; no
-- row means that it holds. A third column, `hint`, is for whoever mends it. `npm run invariants` runs them in one REPEATABLE READ transaction.
--
-- `eventual: true` marks a promise that holds once the traffic is over and every workflow has caught up; the others hold
-- at any moment, in the middle of traffic and of a crash.
--
-- Temporary tables are there for the queries that look outside:
--   gateway_ledger (id, type, amount_minor, currency, order_id, intent_id, idempotency_key, created_at)
--   gateway_reading (read_at)       before this moment of our clock, everything at the gateway is in gateway_ledger
--   running_workflows (workflow_id) the running workflows of orders, refunds, returns, replenishments and webhooks, as
--                                   Temporal lists them
--   index_size (documents)          how many products the search index holds
--   indexed_products (id, version)  what it holds, where all of it was read
--
-- The ledger is read before our own snapshot is taken, so at the gateway less may have happened than in our books. What
-- is compared "at any moment" allows for that; and an entry there is never younger than the order it belongs to.

------------------------------------------------------------------------------------------------------------------ stock

-- name: stock_never_oversold
-- promise: No more units are promised than lie on the shelf, and neither count is below zero.
select product_id as subject, format('%s on the shelf, %s promised', on_hand, reserved) as detail
  from stock
 where reserved < 0 or on_hand < 0 or reserved > on_hand;

-- name: reserved_is_what_orders_hold
-- promise: The promised units of a product are exactly the active reservations of orders.
select product_id as subject,
       format('the shelf counts %s promised, active reservations come to %s', coalesce(s.reserved::text, 'nothing'), coalesce(r.units, 0)) as detail
  from stock s
  full join (select product_id, sum(quantity) as units from reservations where state = 'active' group by product_id) r using (product_id)
 where s.reserved is distinct from coalesce(r.units, 0);

-- name: shelf_is_sum_of_ledger
-- promise: The units on the shelf are the sum of everything the stock ledger says came and went.
select product_id as subject,
       format('%s on the shelf, the ledger comes to %s', coalesce(s.on_hand::text, 'nothing'), coalesce(l.units, 0)) as detail
  from stock s
  full join (select product_id, sum(change_quantity) as units from inventory_records group by product_id) l using (product_id)
 where s.on_hand is distinct from coalesce(l.units, 0);

-- name: every_product_has_a_shelf
-- promise: Every product has its stock row, and every stock row its product.
select id as subject, case when p.id is null then 'stock without a product' else 'a product without stock' end as detail
  from (select id from products) p
  full join (select product_id as id from stock) s using (id)
 where p.id is null or s.id is null;

-- name: sales_and_returns_are_in_the_ledger
-- promise: What an order took from the shelf or put back is in the stock ledger, once and in full, and nothing else is.
with moved as (
  select order_id, product_id, order_id || ':sale' as source, -quantity as units
    from reservations where state in ('consumed', 'returned')
  union all
  -- What a refund has put back, its order does not put back again.
  select order_id, product_id, order_id || ':return', quantity - restocked
    from reservations where state = 'returned' and quantity > restocked
  union all
  select order_id, i ->> 'productId', id || ':restock', sum((i ->> 'quantity')::int)
    from refunds, jsonb_array_elements(items) as i where status = 'succeeded' and (i ->> 'restock')::boolean
   group by order_id, i ->> 'productId', id
  union all
  select r.order_id, c.product_id, c.id || ':restock', c.quantity
    from return_receipts c join returns r on r.id = c.return_id where c.restock
), written as (
  select order_id, product_id, source, sum(change_quantity) as units, count(*) as times
    from inventory_records
   where source like '%:sale' or source like '%:return' or source like '%:restock'
   group by order_id, product_id, source
)
select coalesce(m.source, w.source) as subject,
       format('%s: the order moved %s, the ledger says %s in %s rows', product_id, coalesce(m.units, 0), coalesce(w.units, 0), coalesce(w.times, 0)) as detail
  from moved m
  full join written w using (order_id, product_id, source)
 where m.units is distinct from w.units or w.times <> 1
union all
select r.source, format('the ledger names the order %s, which is not there', r.order_id)
  from inventory_records r
 where r.order_id is not null and not exists (select from orders o where o.id = r.order_id);

-- name: restocked_is_what_was_put_back
-- promise: The units of an order that count as put back are those of its succeeded refunds and received returns, and never more than were sold.
select coalesce(v.order_id, r.order_id) as subject,
       format('%s: %s of %s count as put back, refunds and returns put back %s', product_id, coalesce(v.restocked, 0), coalesce(v.quantity, 0), coalesce(r.units, 0)) as detail
  from reservations v
  full join (
    select order_id, product_id, sum(units) as units from (
      select order_id, (i ->> 'productId')::id as product_id, (i ->> 'quantity')::int as units
        from refunds, jsonb_array_elements(items) as i where status = 'succeeded' and (i ->> 'restock')::boolean
      union all
      select t.order_id, c.product_id, c.quantity from return_receipts c join returns t on t.id = c.return_id where c.restock
    ) put_back group by 1, 2
  ) r using (order_id, product_id)
 where v.restocked is distinct from coalesce(r.units, 0)::int or v.restocked > v.quantity;

---------------------------------------------------------------------------------------------------------- replenishments

-- name: incoming_is_what_is_on_order
-- promise: The incoming units of a product are exactly what its open replenishment has ordered and not received.
select product_id as subject,
       format('the shelf counts %s incoming, %s are on order', coalesce(s.incoming::text, 'nothing'), coalesce(r.units, 0)) as detail
  from stock s
  full join (select product_id, sum(quantity - received) as units from replenishments
              where status in ('ordered', 'confirmed', 'partially_received') group by product_id) r using (product_id)
 where s.incoming is distinct from coalesce(r.units, 0);

-- name: one_open_replenishment_of_a_product
-- promise: No product has two open replenishments.
select product_id as subject, format('%s are open', count(*)) as detail
  from replenishments where status not in ('received', 'cancelled') group by product_id having count(*) > 1;

-- name: received_is_what_was_counted_in
-- promise: What a replenishment received is the sum of its receipts, never more than was ordered, and each receipt is in the stock ledger once.
select r.id as subject, format('%s of %s received, the receipts come to %s', r.received, r.quantity, coalesce(sum(c.quantity), 0)) as detail
  from replenishments r left join replenishment_receipts c on c.replenishment_id = r.id
 group by r.id
having r.received <> coalesce(sum(c.quantity), 0) or r.received > r.quantity
union all
select c.id, format('%s units counted in, %s in the ledger', c.quantity, coalesce(l.change_quantity::text, 'nothing'))
  from replenishment_receipts c
  join replenishments r on r.id = c.replenishment_id
  left join inventory_records l on l.product_id = r.product_id and l.source = c.id
 where l.change_quantity is distinct from c.quantity
union all
select l.source, format('%s units in the ledger without a receipt', l.change_quantity)
  from inventory_records l
 where l.source like 'rcp\_%' and not exists (select from replenishment_receipts c where c.id = l.source);

-- name: suppliers_promise_no_more_than_is_wanted
-- promise: What suppliers were asked for and have promised never comes to more units than their replenishment wants, and never are two asked at a time.
select r.id as subject,
       format('%s are wanted; %s are promised and %s asked for, of %s suppliers at a time', r.quantity,
              coalesce(sum(o.confirmed_quantity) filter (where o.status = 'confirmed'), 0),
              coalesce(sum(o.quantity) filter (where o.status = 'asked'), 0), count(*) filter (where o.status = 'asked')) as detail
  from replenishments r join supplier_orders o on o.replenishment_id = r.id
 where o.status in ('asked', 'confirmed')
 group by r.id
having sum(case o.status when 'asked' then o.quantity else o.confirmed_quantity end) > r.quantity
    or count(*) filter (where o.status = 'asked') > 1;

-- name: supplier_orders_end_with_their_replenishment
-- promise: Once a replenishment is over no supplier is waited for, and a confirmed one has a supplier's promise.
select r.id as subject, format('the replenishment is %s, what supplier %s was asked for is %s', r.status, o.supplier_id, o.status) as detail
  from replenishments r join supplier_orders o on o.replenishment_id = r.id
 where (r.status = 'cancelled' and o.status in ('asked', 'confirmed')) or (r.status = 'received' and o.status = 'asked')
union all
select r.id, 'confirmed, and no supplier has promised anything'
  from replenishments r
 where r.status = 'confirmed' and not exists (select from supplier_orders o where o.replenishment_id = r.id and o.status = 'confirmed');

-- name: withdrawn_suppliers_know_it
-- promise: A supplier whose order was withdrawn has been told so.
-- eventual: true
select replenishment_id as subject, format('supplier %s still believes that %s units are wanted', supplier_id, quantity) as detail
  from supplier_orders where status = 'withdrawn' and told_at is null;
---------------------------------------------------------------------------------------------------------------- returns

-- name: returned_is_what_returns_claim
-- promise: The units of an order that count as returned are those its returns wait for or have received, and never more than were bought.
select coalesce(v.order_id, c.order_id) as subject,
       format('%s: %s of %s count as returned, returns come to %s', product_id, coalesce(v.returned, 0), coalesce(v.quantity, 0), coalesce(c.units, 0)) as detail
  from reservations v
  full join (
    select r.order_id, l.product_id,
           sum(case when r.status in ('requested', 'approved', 'partially_received') then l.quantity else l.received end) as units
      from returns r join return_lines l on l.return_id = r.id group by 1, 2
  ) c using (order_id, product_id)
 where v.returned is distinct from coalesce(c.units, 0)::int or v.returned > v.quantity;

-- name: return_received_what_was_counted_in
-- promise: What came of a return is the sum of its receipts, never more than was to come, and its status says so.
select r.id as subject, format('it is %s, of %s %s of %s came, the receipts come to %s', r.status, l.product_id, l.received, l.quantity, coalesce(c.units, 0)) as detail
  from returns r join return_lines l on l.return_id = r.id
  left join (select return_id, product_id, sum(quantity) as units from return_receipts group by 1, 2) c
    on c.return_id = l.return_id and c.product_id = l.product_id
 where l.received <> coalesce(c.units, 0) or l.received > l.quantity
union all
select r.id, format('it is %s, and %s of %s units came', r.status, coalesce(sum(l.received), 0), coalesce(sum(l.quantity), 0))
  from returns r left join return_lines l on l.return_id = r.id
 group by r.id
having (coalesce(sum(l.received), 0) > 0) <> (r.status in ('partially_received', 'received', 'refunded'))
    or (r.status = 'partially_received' and sum(l.received) = sum(l.quantity)) or count(l.return_id) = 0;

-- name: refunded_return_gave_its_money_back
-- promise: A return is refunded by its own refund, with what was paid for the units that came, or all that was left of it, and no other return is.
with worth as (
  select r.id, sum(l.received * i.unit_price_minor) as minor
    from returns r join return_lines l on l.return_id = r.id
    join order_items i on i.order_id = r.order_id and i.product_id = l.product_id
   group by r.id
)
select r.id as subject, format('it is %s, worth %s, %s were to go back, its refund is %s, of %s', r.status, w.minor, coalesce(r.refund_minor::text, 'nothing'), coalesce(f.status, 'missing'), coalesce(f.amount_minor, 0)) as detail
  from returns r join worth w using (id) join payments p on p.order_id = r.order_id
  left join refunds f on f.id = 're_' || substr(r.id, 5)
 where case when r.status = 'refunded'
            then coalesce(f.status = 'succeeded', r.refund_minor = 0) is not true
                 or coalesce(f.amount_minor, 0) is distinct from r.refund_minor or coalesce(f.order_id <> r.order_id, false)
                 or not (r.refund_minor = w.minor or (r.refund_minor < w.minor and p.refunded_minor = p.captured_minor))
            else f.id is not null and r.status <> 'received' end;

----------------------------------------------------------------------------------------------------------------- orders

-- name: order_total_is_sum_of_lines
-- promise: An order has at least one line, each line is its unit price times its quantity, and the total is their sum.
select coalesce(o.id, i.order_id) as subject,
       format('total %s, %s lines of %s', coalesce(o.total_minor::text, 'missing'), coalesce(i.lines, 0), coalesce(i.total_minor, 0)) as detail
  from orders o
  full join (
    select order_id, count(*) as lines, sum(unit_price_minor * quantity) as total_minor,
           bool_and(quantity > 0 and total_price_minor = unit_price_minor * quantity) as lines_add_up
      from order_items group by order_id
  ) i on i.order_id = o.id
 where o.total_minor is distinct from i.total_minor or not i.lines_add_up;

-- name: order_is_what_was_asked_for
-- promise: An order is for the customer who asked and for the products and quantities of that request.
with asked as (
  select c.order_id, c.user_id, u.product_id, sum(u.quantity) as units
    from checkouts c, unnest(c.product_ids, c.quantities) as u (product_id, quantity)
   where c.outcome = 'placed'
   group by c.order_id, c.user_id, u.product_id
), ordered as (
  select o.id as order_id, o.user_id, i.product_id, i.quantity as units
    from orders o join order_items i on i.order_id = o.id
)
select order_id as subject,
       format('%s of %s were asked for by %s, %s ordered by %s', coalesce(a.units, 0), product_id, coalesce(a.user_id, 'nobody'), coalesce(o.units, 0), coalesce(o.user_id, 'nobody')) as detail
  from asked a
  full join ordered o using (order_id, product_id)
 where a.units is distinct from o.units or a.user_id is distinct from o.user_id;

-- name: checkout_becomes_one_order_or_none
-- promise: A checkout is placed exactly when its order exists; one that was refused, given up or never begun has none.
select coalesce(c.order_id, o.id) as subject,
       format('the checkout is %s, the order is %s', coalesce(c.outcome, 'missing'), coalesce(o.status, 'missing')) as detail
  from checkouts c
  full join orders o on o.id = c.order_id
 where (c.outcome is not distinct from 'placed') <> (o.id is not null);

-- name: order_number_is_its_own
-- promise: No two orders have the same number.
select number::text as subject, format('it is the number of %s', string_agg(id, ', ' order by id)) as detail
  from orders group by number having count(*) > 1;

-- name: one_key_one_order
-- promise: One Idempotency-Key makes one order, and an order was made by one key, of the customer it belongs to.
with maker as (
  -- The key that made a checkout was written by the same statement; later keys of the order belong to other requests.
  select k.user_id, k.route, k.key, k.resource_id
    from idempotency_keys k join checkouts c on c.order_id = k.resource_id and c.created_at = k.created_at
)
select format('%s %s %s', user_id, route, key) as subject, format('it made %s', string_agg(resource_id, ', ' order by resource_id)) as detail
  from idempotency_keys group by user_id, route, key having count(distinct resource_id) > 1
union all
select m.resource_id, format('%s keys made it: %s', count(*), string_agg(k.key, ', ' order by k.key))
  from maker m join idempotency_keys k on k.route = m.route and k.resource_id = m.resource_id
 group by m.resource_id, m.route, m.key, m.user_id having count(*) > 1
union all
select c.order_id, format('no key of %s made it', c.user_id)
  from checkouts c
 where not exists (select from maker m where m.resource_id = c.order_id and m.user_id = c.user_id);

-- name: reservation_agrees_with_order
-- promise: An order in progress holds exactly its lines: promised while it is pending, sold once it is paid.
select coalesce(i.order_id, r.order_id) as subject,
       format('%s: the order is %s with %s units, the reservation is %s with %s', product_id, coalesce(o.status, 'missing'), coalesce(i.quantity, 0), coalesce(r.state, 'missing'), coalesce(r.quantity, 0)) as detail
  from order_items i
  full join reservations r using (order_id, product_id)
  left join orders o on o.id = order_id
 where o.id is null
    or i.quantity is distinct from r.quantity
    or (o.status = 'pending' and r.state is distinct from 'active')
    or (o.status in ('paid', 'shipped', 'delivered') and r.state is distinct from 'consumed');

-- name: cancelled_order_holds_nothing
-- promise: A cancelled order holds no unit: what was promised is released, what was sold is returned.
select r.order_id as subject, format('%s of %s are still %s', r.quantity, r.product_id, r.state) as detail
  from reservations r join orders o on o.id = r.order_id
 where o.status = 'cancelled' and r.state not in ('released', 'returned');

--------------------------------------------------------------------------------------------------------------- timeline

-- name: only_legal_transitions
-- promise: An order begins as pending, takes only the steps that the state table allows, and each starts where the last ended.
with legal (from_status, to_status) as (
  values (null, 'pending'), ('pending', 'paid'), ('pending', 'cancelled'), ('paid', 'shipped'), ('paid', 'cancelled'), ('shipped', 'delivered')
), step as (
  select order_id, from_status, to_status, lag(to_status) over (partition by order_id order by id) as stood_at
    from order_timeline
   where from_status is not null or to_status is not null
)
select s.order_id as subject,
       format('%s -> %s, standing at %s', coalesce(s.from_status, 'nothing'), coalesce(s.to_status, 'nothing'), coalesce(s.stood_at, 'nothing')) as detail
  from step s
  left join legal l on coalesce(l.from_status, '') = coalesce(s.from_status, '') and l.to_status = s.to_status
 where s.from_status is distinct from s.stood_at or l.to_status is null;

-- name: order_stands_where_its_timeline_ends
-- promise: The status of an order is where the last step of its timeline led.
with last_step as (
  select distinct on (order_id) order_id, to_status from order_timeline where to_status is not null order by order_id, id desc
)
select coalesce(o.id, t.order_id) as subject,
       format('the order is %s, its timeline ends at %s', coalesce(o.status, 'missing'), coalesce(t.to_status, 'nothing')) as detail
  from orders o
  full join last_step t on t.order_id = o.id
 where o.status is distinct from t.to_status;

------------------------------------------------------------------------------------------------------------------ money

-- name: order_has_one_payment
-- promise: An order has exactly one payment, over its total and in its currency, and every payment has its order.
select coalesce(o.id, p.order_id) as subject,
       format('total %s %s, %s payments of %s %s', coalesce(o.total_minor::text, 'missing'), o.currency, coalesce(p.payments, 0), coalesce(p.amounts, 'nothing'), p.currencies) as detail
  from orders o
  full join (
    select order_id, count(*) as payments, min(amount_minor) as amount_minor, min(currency) as currency,
           string_agg(amount_minor::text, ' + ') as amounts, string_agg(distinct currency, ', ') as currencies
      from payments group by order_id
  ) p on p.order_id = o.id
 where p.payments is distinct from 1 or o.total_minor is distinct from p.amount_minor or o.currency is distinct from p.currency;

-- name: paid_order_has_its_money
-- promise: Behind a paid, shipped or delivered order stands its whole total, held or captured, at the gateway under a known id.
select o.id as subject,
       format('%s, with %s authorized and %s captured of %s under %s', o.status, p.authorized_minor, p.captured_minor, o.total_minor, coalesce(p.transaction_id, 'no id')) as detail
  from orders o join payments p on p.order_id = o.id
 where o.status in ('paid', 'shipped', 'delivered')
   and (p.authorized_minor <> o.total_minor or p.captured_minor not in (0, o.total_minor) or p.transaction_id is null);

-- name: paid_order_is_captured_once
-- promise: A paid order's money is captured, in full; one that captures by hand is held until it ships.
-- eventual: true
select o.id as subject,
       format('%s with %s of %s captured (%s)%s', o.status, p.captured_minor, o.total_minor, p.capture, case when p.voided then ', and its hold was let go' end) as detail
  from orders o join payments p on p.order_id = o.id
 where o.status in ('paid', 'shipped', 'delivered')
   and (case when o.status = 'paid' and p.capture = 'manual' then p.captured_minor not in (0, o.total_minor) else p.captured_minor <> o.total_minor end
        -- Giving an order up lets its hold go first and ends the order then.
        or p.voided);

-- name: captured_money_is_earned_or_returned
-- promise: Captured money belongs to a live order or has gone back, or its customer's bank has taken it back; what was won from the bank waits for a person.
-- eventual: true
select p.id as subject, format('%s captured and %s returned for %s, which is %s', p.captured_minor, p.refunded_minor, p.order_id, coalesce(o.status, 'missing')) as detail
  from payments p left join orders o on o.id = p.order_id
 where p.captured_minor > p.refunded_minor + p.disputed_minor and (o.id is null or o.status in ('pending', 'cancelled'))
   and not coalesce(p.dispute_outcome = 'won' and o.needs_attention is not null, false);

-- name: cancelled_order_owes_nothing
-- promise: A cancelled order's payment has ended: it failed, its hold was let go, or all of it was refunded or is disputed, or a person was called to refund what was won from the bank.
select o.id as subject, format('cancelled, and its payment is %s', o.payment_status) as detail
  from orders o join payments p on p.order_id = o.id
 where o.status = 'cancelled' and o.payment_status not in ('failed', 'voided', 'refunded')
   and (p.disputed_minor = 0 or p.refunded_minor + p.disputed_minor < p.captured_minor)
   and not coalesce(p.dispute_outcome = 'won' and o.needs_attention is not null, false);

-- name: payment_status_agrees_with_payment
-- promise: What an order says of its payment is what the payment's own figures say.
select o.id as subject,
       format('the order says %s; the payment is %s, captured %s, refunded %s%s', o.payment_status, p.status, p.captured_minor, p.refunded_minor, case when p.voided then ', voided' end) as detail
  from orders o join payments p on p.order_id = o.id
 where not case o.payment_status
             when 'pending' then p.status = 'pending' and p.authorized_minor = 0 and p.captured_minor = 0 and not p.voided
             when 'requires_action' then p.status = 'pending' and p.authorized_minor = 0 and p.captured_minor = 0 and not p.voided
             when 'authorized' then p.status = 'pending' and p.captured_minor = 0 and not p.voided
             when 'captured' then p.status = 'success' and p.captured_minor > 0 and p.refunded_minor = 0
             when 'partially_refunded' then p.status = 'success' and 0 < p.refunded_minor and p.refunded_minor < p.captured_minor
             when 'refunded' then p.status = 'refunded' and p.captured_minor > 0 and p.refunded_minor = p.captured_minor
             when 'voided' then p.voided and p.captured_minor = 0
             when 'failed' then p.status = 'failed' and p.captured_minor = 0 and not p.voided
             else false
           end;

-- name: refunds_stay_within_captured
-- promise: Refunds, those still on their way included, never come to more than was captured, in its currency.
select p.id as subject, format('%s captured, refunds of %s', p.captured_minor, sum(r.amount_minor)) as detail
  from payments p join refunds r on r.payment_id = p.id
 where r.status in ('pending_approval', 'processing', 'succeeded')
 group by p.id, p.captured_minor, p.currency
having sum(r.amount_minor) > p.captured_minor or bool_or(r.currency <> p.currency);

-- name: refunded_is_sum_of_refunds
-- promise: What a payment counts as refunded is the sum of its succeeded refunds, each known at the gateway by an id.
select coalesce(p.id, r.payment_id) as subject,
       format('%s counted as refunded, succeeded refunds come to %s', coalesce(p.refunded_minor::text, 'nothing'), coalesce(r.amount_minor, 0)) as detail
  from payments p
  full join (
    select payment_id, sum(amount_minor) as amount_minor, bool_or(transaction_id is null) as unknown_at_gateway
      from refunds where status = 'succeeded' group by payment_id
  ) r on r.payment_id = p.id
 where p.refunded_minor is distinct from coalesce(r.amount_minor, 0) or r.unknown_at_gateway;

-- name: claims_are_refunds_on_their_way
-- promise: The money that counts as claimed for refunds is the sum of those that wait for approval or are being paid.
select p.id as subject, format('%s counted as claimed, open refunds come to %s', p.refund_held_minor, coalesce(r.amount_minor, 0)) as detail
  from payments p
  left join (
    select payment_id, sum(amount_minor) as amount_minor from refunds where status in ('pending_approval', 'processing') group by payment_id
  ) r on r.payment_id = p.id
 where p.refund_held_minor is distinct from coalesce(r.amount_minor, 0);

------------------------------------------------------------------------------------------------------ the gateway alone

-- name: order_is_charged_once
-- promise: At the gateway an order has at most one capture and at most one hold that was not let go.
select order_id as subject,
       format('%s captures and %s live authorizations', sum(captures), sum(holds) filter (where voids = 0)) as detail
  from (
    select order_id, intent_id, count(*) filter (where type = 'capture') as captures,
           count(*) filter (where type = 'authorization') as holds, count(*) filter (where type = 'void') as voids
      from gateway_ledger group by order_id, intent_id
  ) intent
 group by order_id
having sum(captures) > 1 or coalesce(sum(holds) filter (where voids = 0), 0) > 1;

-- name: gateway_gives_back_only_what_it_took
-- promise: At the gateway no more is captured than was held, no more refunded than captured, and nothing that was let go is captured.
select intent_id as subject, format('for %s: %s held, %s let go, %s captured, %s refunded', orders, held, let_go, captured, refunded) as detail
  from (
    select intent_id, string_agg(distinct order_id, ', ') as orders, count(distinct order_id) as order_count,
           coalesce(sum(amount_minor) filter (where type = 'authorization'), 0) as held,
           coalesce(sum(amount_minor) filter (where type = 'void'), 0) as let_go,
           coalesce(sum(amount_minor) filter (where type = 'capture'), 0) as captured,
           coalesce(sum(amount_minor) filter (where type = 'refund'), 0) as refunded
      from gateway_ledger group by intent_id
  ) sums
 where captured > held or let_go > held or refunded > captured or (let_go > 0 and captured > 0) or order_count > 1;

-- name: gateway_acts_once_per_key
-- promise: Every movement of money has an idempotency key, and no key moved money twice. (A dispute and its end are nobody's request.)
select coalesce(idempotency_key, id) as subject,
       format('%s, for %s', string_agg(type || ' of ' || amount_minor, ' and ' order by created_at), string_agg(distinct order_id, ', ')) as detail
  from gateway_ledger
 where type not in ('dispute', 'reinstatement')
 group by coalesce(idempotency_key, id)
having count(*) > 1 or bool_or(idempotency_key is null);

----------------------------------------------------------------------------------------------- our books and the gateway

-- name: no_charge_without_an_order
-- promise: Every hold, charge and refund at the gateway is for an order of ours, and never over more than its total or in another currency.
select g.id as subject, g.intent_id as hint, format('%s of %s %s for %s, whose total is %s %s', g.type, g.amount_minor, g.currency, g.order_id, coalesce(o.total_minor::text, 'missing: there is no such order'), o.currency) as detail
  from gateway_ledger g left join orders o on o.id = g.order_id
 where (o.id is null or g.amount_minor > o.total_minor or g.currency <> o.currency
        or (g.type in ('authorization', 'capture') and g.amount_minor <> o.total_minor))
   and not (g.type in ('authorization', 'void') and exists (select from stray_holds h where h.intent_id = g.intent_id and h.let_go_at is not null));

-- name: stray_hold_is_let_go
-- promise: A hold for no order of ours that we let go of is let go at the gateway, and nothing of it was ever taken.
select h.intent_id as subject, format('%s %s for %s were let go in our books; the gateway says otherwise', h.amount_minor, h.currency, h.order_id) as detail
  from stray_holds h, gateway_reading
 where h.let_go_at < read_at
   and (not exists (select from gateway_ledger g where g.intent_id = h.intent_id and g.type = 'void')
        or exists (select from gateway_ledger g where g.intent_id = h.intent_id and g.type in ('capture', 'refund')));

-- name: our_books_are_true_at_the_gateway
-- promise: What our books call held, captured, let go or refunded is so in the gateway's ledger, by its ids, to the cent.
with ours as (
  select p.order_id, 'authorization' as type, p.transaction_id as intent_id, null as refund_id, p.authorized_minor as amount_minor, p.currency
    from payments p, gateway_reading where p.authorized_minor > 0 and p.updated_at < read_at
  union all
  select p.order_id, 'capture', p.transaction_id, null, p.captured_minor, p.currency
    from payments p, gateway_reading where p.captured_minor > 0 and p.updated_at < read_at
  union all
  select r.order_id, 'refund', p.transaction_id, r.transaction_id, r.amount_minor, r.currency
    from refunds r join payments p on p.id = r.payment_id, gateway_reading where r.status = 'succeeded' and r.updated_at < read_at
)
select o.order_id as subject,
       format('our books have a %s of %s %s under %s, the gateway has none', o.type, o.amount_minor, o.currency, coalesce(o.refund_id, o.intent_id, 'no id')) as detail
  from ours o
 where not exists (
   select from gateway_ledger g
    where g.type = o.type and g.intent_id = o.intent_id and g.order_id = o.order_id
      and g.amount_minor = o.amount_minor and g.currency = o.currency and (o.type <> 'refund' or g.id = o.refund_id)
 )
union all
-- A hold that waited for its customer was never in the ledger: then there is nothing to let go of there either.
select p.order_id, format('our books call %s let go, the gateway still holds or took it', coalesce(p.transaction_id, 'a payment without id'))
  from payments p, gateway_reading
 where p.voided and p.updated_at < read_at
   and (p.transaction_id is null
        or exists (select from gateway_ledger g where g.intent_id = p.transaction_id and g.type = 'capture')
        or (exists (select from gateway_ledger g where g.intent_id = p.transaction_id and g.type = 'authorization')
            and not exists (select from gateway_ledger g where g.intent_id = p.transaction_id and g.type = 'void')));

-- name: gateway_ledger_is_in_our_books
-- promise: Every charge, refund and release at the gateway is one of our payments or refunds, by its id, to the cent.
-- eventual: true
select g.id as subject, g.intent_id as hint, format('%s of %s %s on %s for %s is not in our books', g.type, g.amount_minor, g.currency, g.intent_id, g.order_id) as detail
  from gateway_ledger g
  left join orders o on o.id = g.order_id
  left join payments p
    on p.order_id = g.order_id
   -- An order that waits for a person or for its customer learns the id of its hold when it is confirmed.
   and (p.transaction_id = g.intent_id or (p.transaction_id is null and o.status = 'pending' and g.type = 'authorization'))
  left join refunds r on r.transaction_id = g.id and r.status = 'succeeded'
 where not coalesce(case g.type
             when 'authorization' then p.amount_minor = g.amount_minor and p.currency = g.currency
             when 'capture' then p.captured_minor = g.amount_minor and p.currency = g.currency
             when 'void' then p.voided
             when 'refund' then r.order_id = g.order_id and r.payment_id = p.id and r.amount_minor = g.amount_minor and r.currency = g.currency
             when 'dispute' then true
             when 'reinstatement' then p.dispute_outcome = 'won' and p.currency = g.currency
           end, false)
   and not (g.type in ('authorization', 'void') and exists (select from stray_holds h where h.intent_id = g.intent_id and h.let_go_at is not null));

-- name: hold_ends_with_its_order
-- promise: Once an order is delivered or cancelled, its hold at the gateway was captured or let go.
-- eventual: true
select a.intent_id as subject, a.intent_id as hint, format('%s %s still held for %s, which is %s', a.amount_minor, a.currency, a.order_id, coalesce(o.status, 'missing')) as detail
  from gateway_ledger a left join orders o on o.id = a.order_id
 where a.type = 'authorization' and (o.id is null or o.status in ('delivered', 'cancelled'))
   and not exists (select from gateway_ledger e where e.intent_id = a.intent_id and e.type in ('capture', 'void'));

-- name: dispute_reaches_a_person
-- promise: A charge that its customer disputed is counted on the payment until it is won, and was brought to a person's attention.
-- eventual: true
select g.order_id as subject, format('%s %s disputed, %s counted; needs attention: %s', g.amount_minor, g.currency, coalesce(p.disputed_minor, 0), coalesce(o.needs_attention, 'no')) as detail
  from (select order_id, intent_id, currency, sum(case type when 'dispute' then amount_minor else -amount_minor end) as amount_minor
          from gateway_ledger where type in ('dispute', 'reinstatement') group by order_id, intent_id, currency) g
  left join payments p on p.transaction_id = g.intent_id
  left join orders o on o.id = g.order_id
 where p.disputed_minor is distinct from g.amount_minor
    or (o.needs_attention is null and not exists (
          select from order_timeline t where t.order_id = g.order_id and (t.what like 'payment dispute%' or t.what = 'needs attention')));

-------------------------------------------------------------------------------------------------------------- workflows

-- name: every_open_order_is_looked_after
-- promise: An order that is not delivered or cancelled has its running workflow, and a running workflow has such an order.
-- eventual: true
select coalesce(o.id, w.workflow_id) as subject,
       case when w.workflow_id is null then format('the order is %s and no workflow is running for it', o.status)
            else format('the workflow runs, the order is %s', coalesce(o.status, 'missing')) end as detail
  from orders o
  full join (select workflow_id from running_workflows where workflow_id like 'order-%') w on w.workflow_id = 'order-' || o.id
 where (o.id is null and not exists (select from checkouts c where 'order-' || c.order_id = w.workflow_id and c.outcome = 'received'))
    or (o.status in ('pending', 'paid', 'shipped')) <> (w.workflow_id is not null);

-- name: every_checkout_is_decided
-- promise: An hour after it was taken down, a checkout has become an order, was refused or given up, or is being worked on.
-- eventual: true
select c.order_id as subject, format('taken down at %s, and nobody began with it', c.created_at) as detail
  from checkouts c
 where c.outcome = 'received' and c.created_at < now() - interval '1 hour'
   and not exists (select from running_workflows w where w.workflow_id = 'order-' || c.order_id);

-- name: every_open_refund_is_looked_after
-- promise: A refund that waits or is being paid has its running workflow, or that of the order which is given up.
-- eventual: true
select r.id as subject, format('the refund is %s and no workflow is running for it', r.status) as detail
  from refunds r
 where r.status in ('pending_approval', 'processing')
   and not exists (select from running_workflows w where w.workflow_id in ('refund-' || r.id, 'order-' || r.order_id));

-- name: every_open_replenishment_is_looked_after
-- promise: Every replenishment whose units are still awaited has its running workflow.
-- eventual: true
select r.id as subject, format('the replenishment is %s and no workflow is running for it', r.status) as detail
  from replenishments r
 where r.status not in ('received', 'cancelled')
   and not exists (select from running_workflows w where w.workflow_id = 'replenishment-' || r.id);

-- name: every_open_return_is_looked_after
-- promise: A return that somebody must decide about, send, count in or pay back has its running workflow.
-- eventual: true
select r.id as subject, format('the return is %s and no workflow is running for it', r.status) as detail
  from returns r
 where r.status in ('requested', 'approved', 'partially_received', 'received')
   and not exists (select from running_workflows w where w.workflow_id = 'return-' || r.id);

---------------------------------------------------------------------------------------------------------------- reviews

-- name: ratings_are_what_reviews_say
-- promise: How a product is rated is the count and the sum of its published reviews, also where search sorts by it.
select product_id as subject,
       format('rated %s times with %s stars, its reviews come to %s with %s', coalesce(r.count, 0), coalesce(r.sum, 0),
              coalesce(p.count, 0), coalesce(p.sum, 0)) as detail
  from product_ratings r
  full join (select product_id, count(*) as count, sum(rating) as sum from product_reviews where status = 'published'
              group by product_id) p using (product_id)
 where coalesce(r.count, 0) <> coalesce(p.count, 0) or coalesce(r.sum, 0) <> coalesce(p.sum, 0)
union all
select id, format('sorted as %s of %s, rated %s times with %s stars', rating, rating_count, coalesce(r.count, 0), coalesce(r.sum, 0))
  from products left join product_ratings r on r.product_id = id
 where rating_count <> coalesce(r.count, 0) or rating is distinct from (r.sum::real / nullif(r.count, 0))::real;

----------------------------------------------------------------------------------------------------------------- events

-- name: every_fact_has_its_event
-- promise: Every fact of an order was told to the world as an event.
-- eventual: true
with reached as (
  select order_id, to_status from order_timeline where to_status in ('paid', 'shipped', 'delivered', 'cancelled')
), fact (about, type, told_by, id) as (
  select about, type, type, about || ':' || type from (
    select id, 'order.created' from orders
    union all select order_id, 'order.' || to_status from reached
    union all select order_id, 'payment.success' from payments where captured_minor > 0
    union all select id, 'payment.failed' from orders where cancel_reason = 'payment_declined'
    union all select order_id, 'inventory.released' from reservations where state in ('released', 'returned')
    union all select id, 'refund.success' from refunds where status = 'succeeded'
    union all select id, 'refund.requested' from refunds where requested_by <> 'shop'
    union all select order_id, 'payment.dispute_' || dispute_outcome from payments where dispute_outcome is not null
    union all select detail ->> 'refund_id', 'refund.failed' from order_timeline where what = 'refund failed'
    union all select id, 'return.requested' from returns
    union all select id, 'return.approved' from returns where receive_until is not null
    union all select id, 'return.received' from returns where status in ('received', 'refunded')
    union all select id, 'return.' || status from returns where status in ('denied', 'refunded', 'expired', 'cancelled')
  ) as by_name (about, type)
  -- What is told together with another: telling that again makes it good.
  union all
  select order_id, 'order.status_updated', 'order.' || to_status, order_id || ':order.status_updated:' || to_status from reached
  union all
  select id, 'order.completed', 'order.delivered', id || ':order.completed' from orders where status = 'delivered'
  union all
  select id, 'order.failed', 'order.cancelled', id || ':order.failed' from orders
   where status = 'cancelled' and cancel_reason not in ('cancelled_by_customer', 'cancelled_by_operator')
)
-- Some facts have several rows. Only those that nobody was told of are sorted out: the others are many.
select distinct about as subject, told_by as hint, format('nobody was told: %s is missing', fact.id) as detail
  from fact
 where not exists (select from events e where e.id = fact.id and e.type = fact.type);

-- name: every_event_has_its_fact
-- promise: Nothing was told that is not so, and nothing was told twice.
with told as (
  -- What the id is about: the order, or the refund of `<refund>:refund.success`. Some say more behind the type.
  select id, type, split_part(id, ':', 1) as about, split_part(id, ':', 3) as more,
         type in ('order.status_updated', 'inventory.low', 'product.updated') as says_more
    from events where type not in ('payment.voided', 'payment.disputed')
)
select id as subject, format('%s was told of %s, and it is not so', type, about) as detail
  from told
 where id <> concat_ws(':', about, type, case when says_more then more end) or about = '' or (says_more and more = '')
    or not case type
             when 'order.created' then exists (select from orders where orders.id = about)
             when 'payment.success' then exists (select from payments where order_id = about and captured_minor > 0)
             when 'payment.dispute_won' then exists (select from payments where order_id = about and dispute_outcome = 'won')
             when 'payment.dispute_lost' then exists (select from payments where order_id = about and dispute_outcome = 'lost')
             when 'payment.failed' then exists (select from payments where order_id = about and status = 'failed')
             when 'refund.success' then exists (select from refunds where refunds.id = about and status = 'succeeded')
             when 'refund.requested' then exists (select from refunds where refunds.id = about)
             when 'refund.failed' then exists (select from order_timeline where what = 'refund failed' and detail ->> 'refund_id' = about)
             when 'return.requested' then exists (select from returns where returns.id = about)
             when 'return.approved' then exists (select from returns where returns.id = about and receive_until is not null)
             when 'return.received' then exists (select from returns where returns.id = about and status in ('received', 'refunded'))
             when 'inventory.released' then exists (select from reservations where order_id = about and state in ('released', 'returned'))
             when 'inventory.low' then exists (select from stock where product_id = about)
             when 'product.updated' then exists (select from products where products.id = about and version >= more::bigint)
             when 'order.status_updated' then exists (select from order_timeline where order_id = about and to_status = more)
             when 'order.completed' then exists (select from orders where orders.id = about and status = 'delivered')
             when 'order.failed' then exists (select from orders where orders.id = about and status = 'cancelled'
                                                 and cancel_reason not in ('cancelled_by_customer', 'cancelled_by_operator'))
             else exists (select from order_timeline where order_id = about and 'order.' || to_status = type)
                  or exists (select from returns where returns.id = about and 'return.' || status = type)
           end
union all
select id, format('told %s times', count(*)) from events group by id having count(*) > 1;

-- name: every_event_reaches_its_endpoints
-- promise: Every webhook endpoint has one delivery of each event that it wants and that was told since it is there.
-- eventual: true
-- The delivery that is missing is the subject, not its endpoint: another one at the next look is another matter.
select 'dlv_' || md5(e.id || ' ' || w.id) as subject, format('no delivery of %s to %s', e.id, w.id) as detail
  from webhook_endpoints w
  join events e on e.sequence > w.begins_after and (e.type = any(w.events) or '*' = any(w.events))
 where w.status = 'active'
   and not exists (select from webhook_deliveries d where d.event_sequence = e.sequence and d.endpoint_id = w.id);

-- name: every_open_delivery_is_looked_after
-- promise: A webhook that is still to be delivered has its running workflow, and an endpoint that takes it.
-- eventual: true
select d.id as subject, format('the delivery is pending, its endpoint %s, and no workflow is running for it', w.status) as detail
  from webhook_deliveries d
  join webhook_endpoints w on w.id = d.endpoint_id
  join events e on e.sequence = d.event_sequence
 where d.status = 'pending'
   and (w.status <> 'active'
        or not exists (select from running_workflows r
                        where r.workflow_id = 'webhook-' || e.id || '-' || w.id || case when d.round > 1 then '-' || d.round else '' end));

-- name: delivered_webhook_was_taken
-- promise: A webhook is called delivered only after its endpoint has taken it.
select d.id as subject, 'delivered, and no attempt was answered so' as detail
  from webhook_deliveries d
 where d.status = 'delivered'
   and not exists (select from webhook_attempts a where a.delivery_id = d.id and a.status between 200 and 299);

----------------------------------------------------------------------------------------------------------------- search

-- name: index_holds_as_many_products_as_are_for_sale
-- promise: Once no product is due to be written to it, the search index holds one document for each that is for sale, and no other.
-- eventual: true
select 'search index' as subject, format('%s documents, %s products are for sale', documents, for_sale) as detail
  from index_size, (select count(*) as for_sale from products where status = 'active') as catalogue
 where documents <> for_sale
   -- Behind a large import it is on its way already: written anew from the start it would only take longer.
   and not exists (select from products where version > indexed_version);

-- name: index_holds_every_product_as_it_is
-- promise: The search index holds every product that is for sale, in its present version.
-- eventual: true
select coalesce(p.id, i.id) as subject,
       format('the catalogue has %s, the index %s', coalesce('version ' || p.version, 'it not for sale'), coalesce('version ' || i.version, 'nothing')) as detail
  from (select id, version from products where status = 'active') p full join indexed_products i using (id)
 where p.version is distinct from i.version;
