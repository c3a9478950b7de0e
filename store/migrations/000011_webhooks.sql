-- Up Migration

-- Where others want to hear of our facts. A secret signs; the one before it signs too for as long as a rotation overlaps.
create table webhook_endpoints (
  id              id          primary key,
  url             text        not null,
  -- Types of events; '*' is all of them.
  events          text[]      not null check (cardinality(events) > 0),
  secret          text        not null,
  previous_secret text,
  previous_until  timestamptz,
  status          text        not null default 'active' check (status in ('active', 'disabled', 'deleted')),
  disabled_reason text,
  created_by      text        not null,
  -- The last event before it was there: what came earlier is none of its business.
  begins_after    bigint      not null,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  constraint webhook_endpoints_secrets_in_pairs check ((previous_secret is null) = (previous_until is null)),
  constraint webhook_endpoints_disabled_says_why check ((status = 'disabled') = (disabled_reason is not null))
);

-- One row for each event and endpoint that wants it, however often the event is looked at. `round` counts how often a
-- person had it delivered: each round has a workflow of its own. `is_started`: its workflow is known to be there.
create table webhook_deliveries (
  id              id          primary key,
  event_sequence  bigint      not null references events (sequence),
  endpoint_id     id          not null references webhook_endpoints (id),
  status          text        not null default 'pending' check (status in ('pending', 'delivered', 'dead', 'cancelled')),
  round           integer     not null default 1,
  is_started      boolean     not null default false,
  attempts        integer     not null default 0,
  needs_attention text,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  constraint webhook_deliveries_once unique (event_sequence, endpoint_id),
  constraint webhook_deliveries_dead_calls_a_person check ((status = 'dead') = (needs_attention is not null))
);
create index webhook_deliveries_of_endpoint on webhook_deliveries (endpoint_id, event_sequence);
create index webhook_deliveries_to_start on webhook_deliveries (event_sequence) where status = 'pending' and not is_started;
create index webhook_deliveries_open on webhook_deliveries (endpoint_id) where status = 'pending';
create index webhook_deliveries_dead on webhook_deliveries (endpoint_id) where status = 'dead';

-- What came of each attempt: the status of the answer and its beginning, or why there was none.
create table webhook_attempts (
  id          bigint      generated always as identity primary key,
  delivery_id id          not null references webhook_deliveries (id),
  status      smallint,
  answer      text,
  failure     text,
  took_ms     integer     not null,
  created_at  timestamptz not null default now(),
  constraint webhook_attempts_answer_or_failure check ((status is null) = (failure is not null))
);
create index webhook_attempts_of_delivery on webhook_attempts (delivery_id, id);

-- Up to which event the endpoints were asked whether they want it. One row.
create table webhook_cursor (
  only_row boolean primary key default true check (only_row),
  sequence bigint  not null
);
insert into webhook_cursor (sequence) select coalesce(max(sequence), 0) from events;

-- A nudge for whoever hands events on. Nobody is woken where nobody listens: a checkout pays for it.
create function events_told() returns trigger language plpgsql as $$
begin
  if exists (select from webhook_endpoints where status = 'active') then
    notify events_told;
  end if;
  return null;
end $$;
create trigger events_tell after insert on events for each statement execute function events_told();

-- A shelf that reaches its reorder point and a product that changes become events in the transaction that does it,
-- whichever statement that is. Each reaching has a number, because a shelf can run low many times.
create sequence inventory_low_number owned by stock.product_id;
create function shelf_has_run_low() returns trigger language plpgsql as $$
declare
  about text := new.product_id || ':inventory.low:' || nextval('inventory_low_number');
begin
  insert into events (id, type, aggregate_id, payload)
  select about, 'inventory.low', p.id,
         jsonb_build_object('product_id', p.id, 'sku', p.sku, 'available', new.on_hand - new.reserved, 'on_hand', new.on_hand,
           'reserved', new.reserved, 'incoming', new.incoming, 'reorder_point', new.reorder_point,
           'reorder_quantity', new.reorder_quantity)
    from products p where p.id = new.product_id;
  notify events_told;
  return null;
end $$;
create trigger stock_has_run_low after update of on_hand, reserved, reorder_point on stock
  for each row when (
    new.on_hand - new.reserved <= new.reorder_point and not (old.on_hand - old.reserved <= old.reorder_point)
  )
  execute function shelf_has_run_low();

create function product_has_changed() returns trigger language plpgsql as $$
begin
  insert into events (id, type, aggregate_id, payload)
  values (new.id || ':product.updated:' || new.version, 'product.updated', new.id,
          jsonb_build_object('product_id', new.id, 'sku', new.sku, 'name', new.name, 'category', new.category,
            'status', new.status, 'version', new.version,
            'price', jsonb_build_object('amount', new.price_minor, 'currency', new.currency)))
  on conflict (id) do nothing;
  notify events_told;
  return null;
end $$;
create trigger products_have_changed
  after update of sku, name, description, price_minor, currency, category, attributes, status on products
  for each row when (
    (old.sku, old.name, old.description, old.price_minor, old.currency, old.category, old.attributes, old.status)
    is distinct from
    (new.sku, new.name, new.description, new.price_minor, new.currency, new.category, new.attributes, new.status)
  )
  execute function product_has_changed();

-- Facts of the past that have a name only now. They are in the books; the streams are not told what is long over.
insert into events (id, type, aggregate_id, payload, streamed_at, created_at)
select order_id || ':order.status_updated:' || to_status, 'order.status_updated', order_id,
       jsonb_build_object('order_id', order_id, 'previous_status', from_status, 'status', to_status), now(), created_at
  from (select distinct on (order_id, to_status) * from order_timeline
         where to_status in ('paid', 'shipped', 'delivered', 'cancelled') order by order_id, to_status, id) as turned
union all
select id || ':order.completed', 'order.completed', id, jsonb_build_object('order_id', id, 'status', status), now(), updated_at
  from orders where status = 'delivered'
union all
select id || ':order.failed', 'order.failed', id,
       jsonb_build_object('order_id', id, 'status', status, 'reason', cancel_reason), now(), updated_at
  from orders where status = 'cancelled' and cancel_reason not in ('cancelled_by_customer', 'cancelled_by_operator')
on conflict (id) do nothing;

-- Down Migration
drop trigger products_have_changed on products;
drop function product_has_changed;
drop trigger stock_has_run_low on stock;
drop function shelf_has_run_low;
drop sequence inventory_low_number;
drop trigger events_tell on events;
drop function events_told;
drop table webhook_cursor;
drop table webhook_attempts;
drop table webhook_deliveries;
drop table webhook_endpoints;
delete from events where type in ('order.status_updated', 'order.completed', 'order.failed', 'inventory.low', 'product.updated');
