-- Up Migration

-- Of the sold units, how many returns have laid claim to: on their way back, or back. However requests race, no unit
-- comes back twice.
alter table reservations add column returned integer not null default 0;
alter table reservations add constraint reservations_returned_within_sold check (0 <= returned and returned <= quantity);

-- Goods that a customer sends back. What has come is paid back once, by the refund whose id follows from the return's.
create table returns (
  id              id          primary key,
  order_id        id          not null references orders (id),
  reason          text        not null,
  status          text        not null default 'requested' check (status in (
                    'requested', 'approved', 'denied', 'partially_received', 'received', 'refunded', 'expired', 'cancelled')),
  requested_by    text        not null,
  decided_by      text,
  decision_reason text,
  cancelled_by    text,
  -- What has not come by then is not waited for.
  receive_until   timestamptz,
  -- Named once all has come that will come.
  refund_minor    bigint      check (refund_minor >= 0),
  needs_attention text,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  constraint returns_decided_by_somebody check (
    status in ('requested', 'cancelled') or (decided_by is not null and (status = 'denied' or receive_until is not null))),
  constraint returns_refunded_says_how_much check (status <> 'refunded' or refund_minor is not null)
);
create index returns_order on returns (order_id);
create index returns_attention on returns (id) where needs_attention is not null;
create index returns_open on returns (id) where status in ('requested', 'approved', 'partially_received', 'received');

create table return_lines (
  return_id  id      not null references returns (id),
  product_id id      not null references products (id),
  quantity   integer not null check (quantity > 0),
  received   integer not null default 0,
  primary key (return_id, product_id),
  constraint return_lines_never_over_received check (0 <= received and received <= quantity)
);

-- What was counted in at one time; the id makes it happen once. `restock`: the units went back onto the shelf.
create table return_receipts (
  id          id          not null,
  return_id   id          not null references returns (id),
  product_id  id          not null,
  quantity    integer     not null check (quantity > 0),
  restock     boolean     not null,
  received_by text        not null,
  created_at  timestamptz not null default now(),
  primary key (id, product_id),
  constraint return_receipts_of_a_line foreign key (return_id, product_id) references return_lines (return_id, product_id)
);
create index return_receipts_return on return_receipts (return_id);

-- Down Migration
drop table return_receipts;
drop table return_lines;
drop table returns;
alter table reservations drop column returned;
