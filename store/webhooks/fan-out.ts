import type { Db } from '../database.ts'

/** A delivery whose workflow is to be started. */
export type DueDelivery = { deliveryId: string; eventId: string; endpointId: string; round: number; url: string }

const PAGE = 1_000
/** How many events before the cursor a thorough look goes through again. */
const LOOKED_AT_AGAIN = 20_000

/**
 * Makes a delivery of every event that came since the last look and every endpoint that wants it. A number that is missing
 * may belong to a transaction that is not through yet: it is waited for as long as one may take. Answers whether all events
 * had their turn.
 */
export async function fanOutNewEvents(db: Db): Promise<boolean> {
  for (;;) {
    const { rows } = await db.query<{ seen: number; settled: number }>({
      name: 'fan-out-events',
      text: `
with cursor as (
  select coalesce((select sequence from webhook_cursor), 0) as sequence
), next as materialized (
  select e.sequence, e.id, e.type,
         e.sequence - lag(e.sequence, 1, c.sequence) over (order by e.sequence) > 1
           and e.created_at > now() - interval '5 seconds' as is_after_gap
    from cursor c, lateral (select * from events where events.sequence > c.sequence order by events.sequence limit ${PAGE}) e
), settled as (
  select * from next where sequence < coalesce((select min(sequence) from next where is_after_gap), 9223372036854775807)
), due as (
  insert into webhook_deliveries (id, event_sequence, endpoint_id)
  select 'dlv_' || md5(s.id || ' ' || w.id), s.sequence, w.id
    from settled s join webhook_endpoints w
      on w.status = 'active' and s.sequence > w.begins_after and (s.type = any(w.events) or '*' = any(w.events))
  on conflict do nothing
), moved as (
  insert into webhook_cursor (sequence) select max(sequence) from settled having count(*) > 0
  on conflict (only_row) do update set sequence = greatest(webhook_cursor.sequence, excluded.sequence)
)
select (select count(*) from next) as seen, (select count(*) from settled) as settled`,
    })
    const { seen = 0, settled = 0 } = rows[0] ?? {}
    if (settled < PAGE) return settled === seen
  }
}

/** The same for those before the cursor, whatever kept one from being seen when its turn was. */
export async function fanOutMissedEvents(db: Db): Promise<void> {
  await db.query({
    name: 'fan-out-missed-events',
    text: `
insert into webhook_deliveries (id, event_sequence, endpoint_id)
select 'dlv_' || md5(e.id || ' ' || w.id), e.sequence, w.id
  from webhook_endpoints w
  join events e on e.sequence > w.begins_after and (e.type = any(w.events) or '*' = any(w.events))
 where w.status = 'active'
   and e.sequence > (select sequence from webhook_cursor) - ${LOOKED_AT_AGAIN} and e.sequence <= (select sequence from webhook_cursor)
   and not exists (select from webhook_deliveries d where d.event_sequence = e.sequence and d.endpoint_id = w.id)
on conflict do nothing`,
  })
}

export async function listDueDeliveries(db: Db, limit: number): Promise<DueDelivery[]> {
  const { rows } = await db.query<DueDelivery>({
    name: 'list-due-deliveries',
    text: `select d.id as "deliveryId", e.id as "eventId", d.endpoint_id as "endpointId", d.round, w.url
             from webhook_deliveries d
             join events e on e.sequence = d.event_sequence
             join webhook_endpoints w on w.id = d.endpoint_id
            where d.status = 'pending' and not d.is_started order by d.event_sequence limit $1`,
    values: [limit],
  })
  return rows
}

/** Their workflows are there. A round that began meanwhile is still to be started. */
export async function noteStarted(
  db: Db,
  started: readonly Pick<DueDelivery, 'deliveryId' | 'round'>[],
): Promise<void> {
  if (started.length === 0) return
  await db.query({
    name: 'note-deliveries-started',
    text: `update webhook_deliveries d set is_started = true
             from unnest($1::text[], $2::integer[]) as s (id, round) where d.id = s.id and d.round = s.round`,
    values: [started.map(({ deliveryId }) => deliveryId), started.map(({ round }) => round)],
  })
}
