-- Up Migration

-- Who sells us what we sell.
create table suppliers (
  id         id          primary key,
  name       text        not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index suppliers_name_unique on suppliers (lower(name));

-- From whom a product can be had. The lowest preference is asked first.
create table product_suppliers (
  product_id      id          not null references products (id),
  supplier_id     id          not null references suppliers (id),
  preference      integer     not null check (preference >= 1),
  supplier_sku    text        not null,
  lead_time_days  integer     not null check (lead_time_days >= 0),
  unit_cost_minor bigint      not null check (unit_cost_minor >= 0),
  currency        text        not null check (currency ~ '^[A-Z]{3}$'),
  created_at      timestamptz not null default now(),
  primary key (product_id, supplier_id),
  constraint product_suppliers_in_one_order unique (product_id, preference)
);

alter table stock add column reorder_mode text not null default 'fixed' check (reorder_mode in ('fixed', 'computed'));

-- What suppliers were asked for by a replenishment, one row a turn, with the terms of that moment. A supplier that has
-- not answered may still accept, so never are two asked at a time; one that was told so late that it accepted meanwhile
-- stays withdrawn here, and its units are not counted.
create table supplier_orders (
  replenishment_id   id          not null references replenishments (id),
  turn               integer     not null check (turn >= 1),
  supplier_id        id          not null references suppliers (id),
  supplier_sku       text        not null,
  lead_time_days     integer     not null,
  unit_cost_minor    bigint      not null,
  currency           text        not null,
  quantity           integer     not null check (quantity > 0),
  status             text        not null default 'asked' check (status in ('asked', 'confirmed', 'refused', 'withdrawn')),
  confirmed_quantity integer     not null default 0,
  expected_at        timestamptz,
  refusal            text,
  reminders          integer     not null default 0,
  asked_at           timestamptz not null default now(),
  answered_at        timestamptz,
  -- When a supplier whose order was withdrawn had heard of it. Until then a sweep tells it again.
  told_at            timestamptz,
  primary key (replenishment_id, turn),
  constraint supplier_orders_once_each unique (replenishment_id, supplier_id),
  constraint supplier_orders_promise check (
    0 <= confirmed_quantity and confirmed_quantity <= quantity and (status in ('confirmed', 'withdrawn') or confirmed_quantity = 0)
    and (status <> 'confirmed' or (confirmed_quantity > 0 and expected_at is not null))
  )
);
create unique index supplier_orders_one_asked on supplier_orders (replenishment_id) where status = 'asked';
create index supplier_orders_untold on supplier_orders (replenishment_id) where status = 'withdrawn' and told_at is null;

-- Down Migration
drop table supplier_orders;
alter table stock drop column reorder_mode;
drop table product_suppliers;
drop table suppliers;
