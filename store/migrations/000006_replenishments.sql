-- Up Migration

-- Units ordered to fill a shelf. `incoming` of the stock is what open ones have ordered and not yet received; no more than
-- was ordered can arrive, and a product has no two open ones, however requests, sweeps and crashes race.
create table replenishments (
  id              id          primary key,
  product_id      id          not null references products (id),
  quantity        integer     not null check (quantity > 0),
  received        integer     not null default 0,
  status          text        not null default 'draft'
                  check (status in ('draft', 'ordered', 'confirmed', 'partially_received', 'received', 'cancelled')),
  requested_by    text        not null,
  -- Who cancelled it, and why.
  cancelled_by    text,
  cancel_reason   text,
  needs_attention text,
  ordered_at      timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  constraint replenishments_never_over_received check (0 <= received and received <= quantity),
  constraint replenishments_received_is_said check (
    (status = 'received') = (received = quantity) and (received = 0 or status in ('partially_received', 'received', 'cancelled'))
  )
);
create unique index replenishments_one_open on replenishments (product_id) where status not in ('received', 'cancelled');
create index replenishments_of_product on replenishments (product_id, id);
create index replenishments_attention on replenishments (id) where needs_attention is not null;

-- One row for each delivery that was counted in; its id makes it happen once.
create table replenishment_receipts (
  id               id          primary key,
  replenishment_id id          not null references replenishments (id),
  quantity         integer     not null check (quantity > 0),
  received_by      text        not null,
  created_at       timestamptz not null default now()
);
create index replenishment_receipts_of on replenishment_receipts (replenishment_id);

-- Says so the moment a shelf runs low, whatever emptied it; a sweep finds what nobody heard.
create function reorder_point_reached() returns trigger language plpgsql as $$
begin
  notify reorder_due;
  return null;
end $$;
create trigger stock_reaches_reorder_point after update of on_hand, reserved, reorder_point, reorder_quantity on stock
  for each row when (
    new.reorder_quantity > 0 and new.on_hand - new.reserved <= new.reorder_point
    and not (old.reorder_quantity > 0 and old.on_hand - old.reserved <= old.reorder_point)
  )
  execute function reorder_point_reached();

-- Down Migration
drop trigger stock_reaches_reorder_point on stock;
drop function reorder_point_reached;
drop table replenishment_receipts;
drop table replenishments;
