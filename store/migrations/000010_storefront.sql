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

-- What buyers say of a product: one of them once.
create table product_reviews (
  id           id          primary key,
  product_id   id          not null references products (id),
  user_id      id          not null references users (id),
  rating       smallint    not null check (rating between 1 and 5),
  title        text        not null,
  body         text        not null,
  status       text        not null check (status in ('pending', 'published', 'rejected')),
  -- Who of the shop decided, and why; nobody where it was published at once.
  moderated_by text,
  reason       text,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  constraint product_reviews_one_per_buyer unique (product_id, user_id)
);
create index product_reviews_published on product_reviews (product_id, id) where status = 'published';
create index product_reviews_by_status on product_reviews (status, id);

-- Count and sum of the published ratings. In a row of its own: who reviews a product never waits for who sells or changes it.
create table product_ratings (
  product_id id          primary key references products (id),
  count      integer     not null check (count >= 0),
  sum        bigint      not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint product_ratings_are_from_1_to_5 check (sum between count and 5 * count)
);
create function keep_product_rating() returns trigger language plpgsql as $$
declare
  more integer := 0;
  stars integer := 0;
begin
  if tg_op <> 'INSERT' and old.status = 'published' then
    more := more - 1;
    stars := stars - old.rating;
  end if;
  if tg_op <> 'DELETE' and new.status = 'published' then
    more := more + 1;
    stars := stars + new.rating;
  end if;
  if more <> 0 or stars <> 0 then
    insert into product_ratings (product_id, count, sum) values (coalesce(new.product_id, old.product_id), 0, 0)
      on conflict do nothing;
    update product_ratings set count = count + more, sum = sum + stars, updated_at = now()
     where product_id = coalesce(new.product_id, old.product_id);
  end if;
  return null;
end $$;
create trigger product_reviews_are_averaged after insert or delete or update of status, rating on product_reviews
  for each row execute function keep_product_rating();

-- What was bought together with a product is found among its latest orders, without going through all of them.
create index order_items_product_order on order_items (product_id, order_id);
drop index order_items_product;

-- Down Migration
create index order_items_product on order_items (product_id);
drop index order_items_product_order;
drop table product_ratings;
drop table product_reviews;
drop function keep_product_rating;
drop trigger products_tell_their_change on products;
drop function product_changed;
drop table search_editions;
