-- Up Migration

-- One row for each time the books were compared with each other and with the world.
create table reconciliation_runs (
  id          id          primary key,
  kind        text        not null check (kind in ('frequent', 'whole')),
  -- How many promises were looked at, and which could not be: [{"name","why"}].
  checked     integer     not null default 0,
  skipped     jsonb       not null default '[]',
  started_at  timestamptz not null default now(),
  finished_at timestamptz
);
create index reconciliation_runs_started on reconciliation_runs (started_at);

-- What one look of a run saw amiss. It becomes a finding when a later look of the same run sees it again: what was only
-- under way has ended by then.
create table reconciliation_suspects (
  run_id     id      not null references reconciliation_runs (id) on delete cascade,
  check_name text    not null,
  subject    text    not null,
  look       integer not null,
  primary key (run_id, check_name, subject)
);

-- What is wrong, why, and what became of it. `open`: not mended yet, or for a person to mend. `repaired`: by the shop
-- itself, and seen to be right afterwards. `gone`: right again without our doing.
create table reconciliation_findings (
  id           bigint      generated always as identity primary key,
  check_name   text        not null,
  subject      text        not null,
  detail       text        not null,
  cause        text        not null,
  hint         text,
  status       text        not null default 'open' check (status in ('open', 'repaired', 'gone')),
  remedy       text,
  -- The run that tried the remedy last, and what it did or why it could not.
  tried_by     id          references reconciliation_runs (id),
  action       text,
  is_mended    boolean     not null default false,
  found_by     id          not null references reconciliation_runs (id),
  seen_by      id          not null references reconciliation_runs (id),
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  ended_at     timestamptz,
  constraint reconciliation_findings_end_is_dated check ((status = 'open') = (ended_at is null))
);
create unique index reconciliation_findings_open on reconciliation_findings (check_name, subject) where status = 'open';
create index reconciliation_findings_seen_by on reconciliation_findings (seen_by);
create index reconciliation_findings_found_by on reconciliation_findings (found_by);

-- Money that the gateway held for no order of ours, and that we let go of. Our books know of it only here.
create table stray_holds (
  intent_id    text        primary key,
  order_id     text        not null,
  amount_minor bigint      not null,
  currency     text        not null,
  found_at     timestamptz not null default now(),
  let_go_at    timestamptz
);

-- Down Migration
drop table stray_holds;
drop table reconciliation_findings;
drop table reconciliation_suspects;
drop table reconciliation_runs;
