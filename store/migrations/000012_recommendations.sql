-- Up Migration

-- Who looked at what, once a day. A view that is written twice changes nothing: views arrive by a stream that may tell
-- one again. Nothing but recommendations reads this, and after 90 days nobody does.
create table product_views (
  user_id    id          not null references users (id),
  product_id id          not null references products (id),
  viewed_on  date        not null,
  viewed_at  timestamptz not null,
  primary key (user_id, product_id, viewed_on)
);
create index product_views_latest on product_views (user_id, viewed_at desc);
create index product_views_by_day on product_views (viewed_on, user_id, product_id);

-- Each training leaves one version. `candidate`: being trained, or not yet decided about. `published`: good enough to be
-- served. `rejected`: worse than popularity. `withdrawn`: was served until somebody rolled it back.
create table recommendation_models (
  id           id          primary key,
  status       text        not null default 'candidate' check (status in ('candidate', 'published', 'rejected', 'withdrawn')),
  is_served    boolean     not null default false,
  -- What it learnt from, what was chosen, and how it did beside popularity.
  lines        integer,
  settings     jsonb,
  figures      jsonb,
  created_at   timestamptz not null default now(),
  published_at timestamptz,
  constraint recommendation_models_served_is_published check (not is_served or status = 'published'),
  constraint recommendation_models_published_is_dated check ((status in ('published', 'withdrawn')) = (published_at is not null))
);
-- One version at a time answers customers.
create unique index recommendation_models_one_served on recommendation_models (is_served) where is_served;
create index recommendation_models_published on recommendation_models (published_at) where status = 'published';

-- What goes with a product, and what sells in a segment: best first, ready to be looked up. Products are named without a
-- reference, because an answer looks at the catalogue anyway.
create table recommendation_related (
  model_id    id     not null references recommendation_models (id) on delete cascade,
  product_id  id     not null,
  product_ids text[] not null,
  scores      real[] not null,
  primary key (model_id, product_id)
);
create table recommendation_popular (
  model_id    id     not null references recommendation_models (id) on delete cascade,
  segment     text   not null,
  product_ids text[] not null,
  scores      real[] not null,
  primary key (model_id, segment)
);

-- The segments a customer belongs to, by what the profile says: texts of a sensible length, whatever else is in there.
create function recommendation_segments(profile jsonb) returns text[] language sql immutable parallel safe as $$
  select coalesce(array_agg(named.word || ':' || lower(profile ->> named.word) order by named.word), '{}')
    from unnest(array['age_group', 'gender', 'location']) as named (word)
   where jsonb_typeof(profile -> named.word) = 'string' and length(profile ->> named.word) between 1 and 60
$$;

-- The categories that a customer likes best, ten of them at most.
create function recommendation_liked(preferences jsonb) returns text[] language sql immutable parallel safe as $$
  select coalesce(array_agg('category:' || lower(liked.name)), '{}')
    from (select value as name
            from jsonb_array_elements_text(case when jsonb_typeof(preferences -> 'categories') = 'array'
                                                then preferences -> 'categories' else '[]' end)
           limit 10) as liked
   where length(liked.name) between 1 and 100
$$;

-- Down Migration
drop function recommendation_liked;
drop function recommendation_segments;
drop table recommendation_popular;
drop table recommendation_related;
drop table recommendation_models;
drop table product_views;
