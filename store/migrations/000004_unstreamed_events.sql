-- Up Migration

-- What Redis does not have yet of one order is found without going through what it does not have of all the others.
drop index events_not_streamed;
create index events_not_streamed on events (aggregate_id, sequence) where streamed_at is null;

-- Down Migration

drop index events_not_streamed;
create index events_not_streamed on events (sequence) where streamed_at is null;
