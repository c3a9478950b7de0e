-- Up Migration

-- One row per use of an Idempotency-Key, written before anything happens. The link from key to resource is kept for
-- ever, so that a late repeat can never buy a second time; the answer is what the caller heard first.
create table idempotency_keys (
  user_id       id          not null,
  route         text        not null,
  key           text        not null,
  fingerprint   bytea       not null,
  resource_id   text        not null,
  answer_status smallint,
  -- json and not jsonb: a repeat hears the same bytes, fields in the same order.
  answer        json,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  primary key (user_id, route, key)
);

-- What a customer asked for, before anything was promised. The workflow carries only the id; names and addresses stay
-- here. `outcome` is the claim that placing and giving up race for: whoever moves it from 'received' wins.
create table checkouts (
  order_id         id          primary key,
  user_id          id          not null references users (id),
  product_ids      text[]      not null,
  quantities       integer[]   not null,
  payment_method   text        not null,
  payment_token    text        not null,
  capture          text        not null check (capture in ('automatic', 'manual')),
  shipping_address jsonb       not null,
  billing_address  jsonb       not null,
  outcome          text        not null default 'received' check (outcome in ('received', 'placed', 'refused', 'abandoned')),
  refusal          jsonb,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  check (cardinality(product_ids) = cardinality(quantities) and cardinality(product_ids) > 0)
);
create index checkouts_user on checkouts (user_id, order_id);

create sequence order_number start 100001;

create table orders (
  id               id          not null,
  number           bigint      not null default nextval('order_number'),
  user_id          id          not null references users (id),
  status           text        not null check (status in ('pending', 'paid', 'shipped', 'delivered', 'cancelled')),
  payment_status   text        not null check (payment_status in ('pending', 'requires_action', 'authorized', 'captured',
                                 'failed', 'partially_refunded', 'refunded', 'voided')),
  total_minor      bigint      not null check (total_minor >= 0),
  currency         text        not null,
  shipping_address jsonb       not null,
  billing_address  jsonb       not null,
  risk_score       real        check (risk_score between 0 and 1),
  -- Waits for a person's approval until then.
  review_until     timestamptz,
  next_action      jsonb,
  cancel_reason    text,
  needs_attention  text,
  carrier          text,
  tracking_number  text,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  primary key (id),
  constraint orders_shipment_is_whole check ((carrier is null) = (tracking_number is null)),
  constraint orders_cancelled_says_why check ((status = 'cancelled') = (cancel_reason is not null))
) partition by range (id);
create index orders_user_status_created on orders (user_id, status, created_at);
create index orders_user on orders (user_id, id);
create index orders_attention on orders (id) where needs_attention is not null;

-- The first id of a moment: the time stamp of a UUIDv7 is its first 48 bits, in milliseconds.
create function order_id_floor(moment timestamptz) returns text language sql immutable strict as $$
  select 'ord_' || substr(h, 1, 8) || '-' || substr(h, 9, 4)
    from lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') as h
$$;

-- A partition a month. Called at each start for the months to come; the default partition catches what nobody foresaw.
create function ensure_order_partitions(from_month timestamptz, months integer) returns void language plpgsql as $$
declare
  month timestamptz;
  name text;
begin
  for step in 0..months - 1 loop
    month := date_trunc('month', from_month, 'UTC') + make_interval(months => step);
    name := 'orders_' || to_char(month at time zone 'UTC', 'YYYY_MM');
    if to_regclass(name) is null then
      execute format('create table %I partition of orders for values from (%L) to (%L) with (fillfactor = 80)',
        name, order_id_floor(month), order_id_floor(month + interval '1 month'));
    end if;
  end loop;
end $$;
create table orders_default partition of orders default;
select ensure_order_partitions(now() - interval '1 month', 14);

create table order_items (
  order_id          id          not null references orders (id),
  product_id        id          not null references products (id),
  sku               text        not null,
  name              text        not null,
  quantity          integer     not null check (quantity > 0),
  unit_price_minor  bigint      not null check (unit_price_minor >= 0),
  total_price_minor bigint      not null,
  created_at        timestamptz not null default now(),
  primary key (order_id, product_id),
  constraint order_items_total_is_product check (total_price_minor = unit_price_minor * quantity)
);
create index order_items_product on order_items (product_id);

-- No order without a line, and its total is the sum of its lines: looked at once, when the transaction commits.
create function check_order_total(checked text) returns void language plpgsql as $$
declare
  lines_total bigint;
  order_total bigint;
begin
  select sum(total_price_minor) into lines_total from order_items where order_id = checked;
  select total_minor into order_total from orders where id = checked;
  if order_total is distinct from lines_total then
    raise exception 'order % has a total of % and lines of %', checked, order_total, coalesce(lines_total::text, 'nothing')
      using errcode = 'check_violation', constraint = 'orders_total_is_sum_of_lines';
  end if;
end $$;
create function check_total_of_order() returns trigger language plpgsql as $$
begin
  perform check_order_total(new.id);
  return null;
end $$;
create function check_total_of_item() returns trigger language plpgsql as $$
begin
  perform check_order_total(coalesce(new.order_id, old.order_id));
  return null;
end $$;
create constraint trigger orders_total_is_sum_of_lines after insert or update of total_minor on orders
  deferrable initially deferred for each row execute function check_total_of_order();
create constraint trigger order_items_sum_to_total after insert or update or delete on order_items
  deferrable initially deferred for each row execute function check_total_of_item();

-- Units promised to an order. 'active' counts in stock.reserved; 'consumed' left the shelf; 'released' was never taken;
-- 'returned' was taken and put back.
create table reservations (
  order_id   id          not null references orders (id),
  product_id id          not null references products (id),
  quantity   integer     not null check (quantity > 0),
  state      text        not null default 'active' check (state in ('active', 'consumed', 'released', 'returned')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (order_id, product_id)
);
create index reservations_active on reservations (product_id) where state = 'active';

-- One payment an order. Money held at the gateway is authorized_minor, money taken captured_minor.
create table payments (
  id               id          primary key,
  order_id         id          not null references orders (id),
  amount_minor     bigint      not null check (amount_minor >= 0),
  currency         text        not null,
  payment_method   text        not null,
  token            text        not null,
  capture          text        not null check (capture in ('automatic', 'manual')),
  status           text        not null default 'pending' check (status in ('pending', 'success', 'failed', 'refunded')),
  transaction_id   text,
  authorized_minor bigint      not null default 0,
  captured_minor   bigint      not null default 0,
  refunded_minor   bigint      not null default 0,
  voided           boolean     not null default false,
  disputed_minor   bigint      not null default 0 check (disputed_minor >= 0),
  decline_code     text,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  constraint payments_one_per_order unique (order_id),
  constraint payments_one_per_transaction unique (transaction_id),
  constraint payments_never_above_the_order check (authorized_minor in (0, amount_minor) and captured_minor in (0, amount_minor)),
  constraint payments_refunds_within_captured check (0 <= refunded_minor and refunded_minor <= captured_minor),
  constraint payments_void_or_capture check (not (voided and captured_minor > 0))
);

create table refunds (
  id             id          primary key,
  order_id       id          not null references orders (id),
  payment_id     id          not null references payments (id),
  amount_minor   bigint      not null check (amount_minor > 0),
  currency       text        not null,
  items          jsonb       not null default '[]',
  reason         text        not null,
  status         text        not null check (status in ('pending_approval', 'processing', 'succeeded', 'failed', 'rejected')),
  transaction_id text,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  constraint refunds_one_per_transaction unique (transaction_id)
);
create index refunds_order on refunds (order_id);

-- What happened to an order, in order: for its customer and for whoever answers the telephone.
create table order_timeline (
  id         bigint      generated always as identity primary key,
  order_id   id          not null references orders (id),
  what       text        not null,
  from_status text,
  to_status   text,
  actor      text        not null,
  detail     jsonb       not null default '{}',
  created_at timestamptz not null default now()
);
create index order_timeline_order on order_timeline (order_id, id);

-- Facts told to the world. The id is made from the fact (`<order>:<type>`), so telling it twice is telling it once.
-- `streamed_at` stays empty until the Redis stream has it; a sweep tells what is missing there.
create table events (
  sequence     bigint      generated always as identity primary key,
  id           text        not null unique,
  type         text        not null,
  aggregate_id text        not null,
  payload      jsonb       not null,
  streamed_at  timestamptz,
  created_at   timestamptz not null default now()
);
create index events_aggregate on events (aggregate_id, sequence);
create index events_not_streamed on events (sequence) where streamed_at is null;

-- The gateway's signed notices as they came in; the id makes a repeated one harmless.
create table payment_notices (
  id           text        primary key,
  type         text        not null,
  order_id     id          not null,
  intent_id    text        not null,
  amount_minor bigint      not null,
  currency     text        not null,
  handled_at   timestamptz,
  created_at   timestamptz not null default now()
);
create index payment_notices_order on payment_notices (order_id);

-- Down Migration
drop table payment_notices;
drop table events;
drop table order_timeline;
drop table refunds;
drop table payments;
drop table reservations;
drop table order_items;
drop function check_total_of_item;
drop table orders;
drop function check_total_of_order;
drop function check_order_total;
drop function ensure_order_partitions;
drop function order_id_floor;
drop sequence order_number;
drop table checkouts;
drop table idempotency_keys;
