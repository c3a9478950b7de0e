-- Up Migration

-- A category is a path: kitchen/knives is in kitchen. What stood there before is written as the API writes it now; a name
-- that was nothing but blanks and slashes has none left.
update products set category = coalesce(nullif(tidy.path, ''), 'other'), version = version + 1
  from (select id, btrim(regexp_replace(regexp_replace(category, '\s*/\s*', '/', 'g'), '/{2,}', '/', 'g'), '/ ') as path
          from products where category ~ '/') as tidy
 where products.id = tidy.id and products.category <> tidy.path;
alter table products add constraint products_category_has_no_empty_level check (category !~ '(^|/)\s*(/|$)');

-- All that a category is in, and itself.
create function category_branches(category text) returns text[] language sql immutable parallel safe as $$
  select array_agg(array_to_string(levels[1:level], '/') order by level)
    from (select string_to_array(category, '/') as levels) as path, generate_subscripts(levels, 1) as level
$$;

-- The words of every level: as one text a path would be a single word. The column carries its index along.
alter table products drop column search_text;
alter table products add column search_text tsvector generated always as (
  setweight(to_tsvector('english', name), 'A')
  || setweight(to_tsvector('english', sku || ' ' || translate(category, '/', ' ')), 'B')
  || setweight(to_tsvector('english', description), 'C')
  || setweight(jsonb_to_tsvector('english', attributes, '["string"]'), 'D')
) stored;
create index products_search_text on products using gin (search_text);

-- Bytes and not words of a language are compared, so that what is below a category is one range, whatever the collation.
drop index products_category_price;
create index products_category_price on products (status, category text_pattern_ops, price_minor, id);

-- What search sorts by follows the reviews in the transaction that publishes or hides one, and the raised version makes the
-- index follow. So who reviews a product waits for who changes it; sales change its stock and are not in the way.
alter table products add column rating_count integer not null default 0 check (rating_count >= 0);
create function products_follow_their_ratings() returns trigger language plpgsql as $$
begin
  update products set rating = new.sum::real / nullif(new.count, 0), rating_count = new.count, version = version + 1
   where id = new.product_id and (rating, rating_count) is distinct from ((new.sum::real / nullif(new.count, 0))::real, new.count);
  return null;
end $$;
create trigger product_ratings_are_followed after insert or update of count, sum on product_ratings
  for each row execute function products_follow_their_ratings();
update product_ratings set count = count where count > 0;

-- Down Migration
drop trigger product_ratings_are_followed on product_ratings;
drop function products_follow_their_ratings;
alter table products drop column rating_count;
drop index products_category_price;
create index products_category_price on products (category, price_minor, id) include (sku, name, currency) where status = 'active';
alter table products drop column search_text;
alter table products add column search_text tsvector generated always as (
  setweight(to_tsvector('english', name), 'A')
  || setweight(to_tsvector('english', sku || ' ' || category), 'B')
  || setweight(to_tsvector('english', description), 'C')
  || setweight(jsonb_to_tsvector('english', attributes, '["string"]'), 'D')
) stored;
create index products_search_text on products using gin (search_text);
drop function category_branches;
alter table products drop constraint products_category_has_no_empty_level;
