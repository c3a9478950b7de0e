-- Up Migration

-- Every order of the search without OpenSearch is the order of an index, so that a page of what is in all products is found
-- by looking at a page of them. Whoever types a SKU finds it in any case.
create index products_popularity on products (popularity, id) where status = 'active';
create index products_price on products (price_minor, id) where status = 'active';
create index products_name on products (lower(name), id) where status = 'active';
create index products_rating on products ((coalesce(rating, 0)::float8), rating_count, popularity, id) where status = 'active';
create index products_sku_in_any_case on products (lower(sku)) where status = 'active';

-- Down Migration
drop index products_popularity, products_price, products_name, products_rating, products_sku_in_any_case;
