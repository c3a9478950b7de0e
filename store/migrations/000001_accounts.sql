-- Up Migration

-- Ids are time-ordered UUIDs with a prefix. They are compared byte by byte (collate "C") so that their order is the
-- order of time, whatever the locale of the server: orders are partitioned by it.
create domain id as text collate "C" check (value ~ '^[a-z]{2,8}_[0-9a-z-]{8,64}$');

-- E-mail addresses and user names arrive normalised (NFKC, lower case), so plain uniqueness is one account a person.
create table users (
  id            id          primary key,
  username      text        not null,
  email         text        not null,
  password_hash text        not null,
  role          text        not null default 'user' check (role in ('admin', 'manager', 'user', 'guest')),
  profile       jsonb       not null default '{}',
  preferences   jsonb       not null default '{}',
  -- Raised to make every access token of the user worthless at once: a changed role, a changed password.
  token_version integer     not null default 0,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  constraint users_username_unique unique (username),
  constraint users_email_unique unique (email)
);

-- A refresh token is good for one use. Its successors share the family: using one twice ends the whole family, because
-- one of the two users of it is a thief.
create table refresh_tokens (
  token_hash bytea       primary key,
  family_id  uuid        not null,
  user_id    id          not null references users (id),
  used_at    timestamptz,
  revoked_at timestamptz,
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index refresh_tokens_family on refresh_tokens (family_id);
create index refresh_tokens_user on refresh_tokens (user_id);

-- Down Migration
drop table refresh_tokens;
drop table users;
drop domain id;
