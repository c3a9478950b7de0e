-- Up Migration

-- What search sorts by beside what a product is. Popularity is a step on a logarithmic scale of the units sold lately, so
-- that a product changes in the index when its place does and not at each sale. The rating is written by whoever keeps
-- reviews, with a raised version; without reviews it is unknown.
alter table products
  add column popularity integer not null default 0 check (popularity >= 0),
  add column rating     real    check (rating between 1 and 5);

-- Which index `products.indexed_version` speaks of. Another index, whether it was lost, restored or is of another make,
-- has another identity: nothing is thought to be in it until it has been written to. Generations only go up, so that of two
-- versions of the shop running side by side the newer one's index is kept.
create table search_index (
  is_the_one    boolean     primary key default true check (is_the_one),
  identity      text,
  generation    integer     not null default 0,
  is_ready      boolean     not null default false,
  popularity_at timestamptz not null default '-infinity'
);
insert into search_index default values;

-- How far a file, known by its content, has been taken into the catalogue. Written with each batch in one transaction, so
-- that an import that was ended anywhere goes on behind the last row that landed.
create table catalogue_imports (
  content_hash text        primary key,
  last_line    integer     not null default 0,
  created      integer     not null default 0,
  changed      integer     not null default 0,
  unchanged    integer     not null default 0,
  refused      integer     not null default 0,
  finished_at  timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now()
);

-- Down Migration
drop table catalogue_imports;
drop table search_index;
alter table products drop column popularity, drop column rating;
