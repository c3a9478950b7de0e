-- Up Migration

-- What was asked for and refused: a refund, a return or a replenishment that never was. An attempt of it may have been
-- given up and still arrive when what stood in its way is gone; it finds here that nobody waits for it any more.
create table refused_requests (
  id         id          primary key,
  refusal    jsonb       not null,
  refused_at timestamptz not null default now()
);

-- Down Migration
drop table refused_requests;
