-- Up Migration

-- The edition of the search index: a new one whenever the index took something in, and made up so that none is met twice.
-- What was found under an edition may be kept as long as anybody likes.
create table search_editions (
  is_only    boolean     primary key default true check (is_only),
  edition    uuid        not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
insert into search_editions default values;

-- Says that a product changed, so that nobody shows the old one for half a second more; who does not hear it does. That the
-- index has seen a product is no change of it. A sale announces nothing unless it takes the last unit, which raises the
-- version: two commits that announce something wait for each other, and sales must not.
create function product_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('product_changed', new.id);
  return null;
end $$;
create trigger products_tell_their_change after update on products
  for each row when (old.indexed_version = new.indexed_version)
  execute function product_changed();

-- Down Migration
drop trigger products_tell_their_change on products;
drop function product_changed;
drop table search_editions;
