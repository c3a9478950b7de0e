-- Up Migration

create table products (
  id              id          primary key,
  sku             text        not null,
  name            text        not null,
  description     text        not null default '',
  price_minor     bigint      not null check (price_minor >= 0),
  currency        text        not null check (currency ~ '^[A-Z]{3}$'),
  category        text        not null,
  attributes      jsonb       not null default '{}',
  status          text        not null default 'active' check (status in ('active', 'inactive', 'deleted')),
  -- The search index is level-triggered: a row whose version is ahead of indexed_version is due, however it came to be.
  version         bigint      not null default 1,
  indexed_version bigint      not null default 0,
  search_text     tsvector    generated always as (
                    setweight(to_tsvector('english', name), 'A')
                    || setweight(to_tsvector('english', sku || ' ' || category), 'B')
                    || setweight(to_tsvector('english', description), 'C')
                    || setweight(jsonb_to_tsvector('english', attributes, '["string"]'), 'D')
                  ) stored,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now()
);
-- A deleted product keeps its row, because orders speak of it, but gives its SKU free.
create unique index products_sku_unique on products (sku) where status <> 'deleted';
create index products_search_text on products using gin (search_text);
create index products_category_price on products (category, price_minor, id) include (sku, name, currency) where status = 'active';
create index products_by_id_active on products (id) where status = 'active';
create index products_index_due on products (id) where version > indexed_version;

-- What is on the shelf and what of it is promised. The check is the last word on overselling: no code path, however
-- wrong, can promise a unit that is not there. Rows are updated in place (fillfactor), for a flash sale rewrites one row.
create table stock (
  product_id       id          primary key references products (id),
  on_hand          integer     not null default 0,
  reserved         integer     not null default 0,
  incoming         integer     not null default 0 check (incoming >= 0),
  reorder_point    integer     not null default 0 check (reorder_point >= 0),
  reorder_quantity integer     not null default 0 check (reorder_quantity >= 0),
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  constraint stock_never_oversold check (0 <= reserved and reserved <= on_hand)
) with (fillfactor = 50);

-- The ledger of the shelf: on_hand is its sum, for each product, always. `source` names what made the change and makes
-- it happen once: an order's sale of a product, the same order's return of it, an adjustment's own id.
create table inventory_records (
  id              bigint      generated always as identity primary key,
  product_id      id          not null references products (id),
  change_quantity integer     not null check (change_quantity <> 0),
  change_type     text        not null check (change_type in ('in', 'out', 'adjustment')),
  reason          text        not null,
  order_id        id,
  source          text        not null,
  created_at      timestamptz not null default now(),
  constraint inventory_records_once unique (product_id, source),
  constraint inventory_records_direction check (
    (change_type = 'in' and change_quantity > 0) or (change_type = 'out' and change_quantity < 0) or change_type = 'adjustment'
  )
);
create index inventory_records_order on inventory_records (order_id) where order_id is not null;

-- Search shows what can be bought. A product is due for the index when the answer to "in stock?" turns, not at each sale.
create function product_availability_turned() returns trigger language plpgsql as $$
begin
  update products set version = version + 1 where id = new.product_id;
  return null;
end $$;
create trigger stock_turns_availability after update of on_hand, reserved on stock
  for each row when ((old.on_hand > old.reserved) is distinct from (new.on_hand > new.reserved))
  execute function product_availability_turned();

-- Down Migration
drop table inventory_records;
drop table stock;
drop function product_availability_turned;
drop table products;
