-- The writes of store/orders/place.ts and confirmOrder, as somebody would write them by hand: two transactions, a statement
-- for each table, prepared. Run by pgbench; each client takes its own checkouts, from `first` on.
\set turn :turn + 1
\set n :first + :client_id * :share + :turn - 1
begin;
select on_hand - reserved from stock where product_id = 'prd_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint % 200), 12, '0') for update;
update checkouts set outcome = 'placed', updated_at = now() where order_id = 'ord_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0') and outcome = 'received';
insert into orders (id, user_id, status, payment_status, total_minor, currency, shipping_address, billing_address) select order_id, user_id, 'pending', 'pending', 1999, 'USD', shipping_address, billing_address from checkouts where order_id = 'ord_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0');
insert into order_items (order_id, product_id, sku, name, quantity, unit_price_minor, total_price_minor) select 'ord_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0'), id, sku, name, 1, price_minor, price_minor from products where id = 'prd_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint % 200), 12, '0');
update stock set reserved = reserved + 1, updated_at = now() where product_id = 'prd_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint % 200), 12, '0');
insert into reservations (order_id, product_id, quantity) values ('ord_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0'), 'prd_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint % 200), 12, '0'), 1);
insert into payments (id, order_id, amount_minor, currency, payment_method, token, capture) values ('pay_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0'), 'ord_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0'), 1999, 'USD', 'card', 'tok_visa', 'automatic');
insert into order_timeline (order_id, what, to_status, actor) values ('ord_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0'), 'order placed', 'pending', 'shop');
commit;
begin;
update orders set status = 'paid', payment_status = 'authorized', risk_score = 0.1, updated_at = now() where id = 'ord_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0') and status = 'pending';
update payments set authorized_minor = amount_minor, transaction_id = 'pi_' || order_id, updated_at = now() where order_id = 'ord_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0');
update reservations set state = 'consumed', updated_at = now() where order_id = 'ord_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0') and state = 'active';
update stock set on_hand = on_hand - 1, reserved = reserved - 1, updated_at = now() where product_id = 'prd_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint % 200), 12, '0');
insert into inventory_records (product_id, change_quantity, change_type, reason, order_id, source) values ('prd_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint % 200), 12, '0'), -1, 'out', 'sold', 'ord_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0'), 'ord_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0') || ':' || 'sale');
insert into order_timeline (order_id, what, from_status, to_status, actor) values ('ord_01900000-0000-7000-8000-' || lpad(to_hex((:n)::bigint), 12, '0'), 'order paid', 'pending', 'paid', 'shop');
commit;
