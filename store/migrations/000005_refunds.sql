-- Up Migration

-- Money that refunds on their way have laid claim to. With it no two refunds, however they race, can come to more than
-- was captured.
alter table payments add column refund_held_minor bigint not null default 0;
alter table payments drop constraint payments_refunds_within_captured;
alter table payments add constraint payments_refunds_within_captured
  check (refunded_minor >= 0 and refund_held_minor >= 0 and refunded_minor + refund_held_minor <= captured_minor);
alter table payments add column captured_at timestamptz;
update payments set captured_at = updated_at where captured_minor > 0;

alter table refunds
  add column requested_by    text    not null default 'shop',
  -- Waits until then for somebody's approval.
  add column approval_until  timestamptz,
  add column decided_by      text,
  add column failure_code    text,
  -- Raised when a refund that the gateway refused for good is tried once more: each attempt has a key of its own.
  add column attempt         integer not null default 1,
  add column needs_attention text;
create index refunds_attention on refunds (id) where needs_attention is not null;
create index refunds_open on refunds (id) where status in ('pending_approval', 'processing');

-- Of the sold units, how many refunds have put back onto the shelf; a cancellation puts back the others.
alter table reservations add column restocked integer not null default 0;
alter table reservations add constraint reservations_restocked_within_sold check (0 <= restocked and restocked <= quantity);

-- Down Migration
alter table reservations drop column restocked;
drop index refunds_open;
drop index refunds_attention;
alter table refunds drop column requested_by, drop column approval_until, drop column decided_by, drop column failure_code,
  drop column attempt, drop column needs_attention;
alter table payments drop column captured_at;
alter table payments drop constraint payments_refunds_within_captured;
alter table payments drop column refund_held_minor;
alter table payments add constraint payments_refunds_within_captured check (0 <= refunded_minor and refunded_minor <= captured_minor);
