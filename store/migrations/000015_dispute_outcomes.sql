-- Up Migration

-- How a dispute ended. Empty while it is open, or when there never was one. What was won is ours again and no longer
-- counts as disputed; what was lost stays counted: it is gone, and cannot be refunded as well.
alter table payments
  add column dispute_outcome text check (dispute_outcome in ('won', 'lost')),
  add constraint payments_won_is_not_disputed check (dispute_outcome is distinct from 'won' or disputed_minor = 0);

-- Down Migration
alter table payments drop constraint payments_won_is_not_disputed, drop column dispute_outcome;
