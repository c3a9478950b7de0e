import type { Db } from '../database.ts'

/** What is to be sent, and where. `secrets` sign all at once. */
export type Message = {
  status: 'pending' | 'delivered' | 'dead' | 'cancelled'
  endpointId: string
  url: string
  secrets: string[]
  eventId: string
  type: string
  payload: Record<string, unknown>
  toldAt: Date
}

export async function getMessage(db: Db, deliveryId: string, round: number): Promise<Message> {
  const { rows } = await db.query<Message>({
    name: 'get-webhook-message',
    // Of an earlier round nothing is left to be done.
    text: `select case when d.round = $2 then d.status else 'cancelled' end as status, w.id as "endpointId", w.url,
                  case when w.previous_until > now() then array[w.secret, w.previous_secret] else array[w.secret] end as secrets,
                  e.id as "eventId", e.type, e.payload, e.created_at as "toldAt"
             from webhook_deliveries d
             join webhook_endpoints w on w.id = d.endpoint_id
             join events e on e.sequence = d.event_sequence
            where d.id = $1`,
    values: [deliveryId, round],
  })
  if (!rows[0]) throw new Error(`The delivery ${deliveryId} is not there`)
  return rows[0]
}

export type Attempt = {
  deliveryId: string
  round: number
  isDelivered: boolean
  result: ({ status: number; answer: string } | { failure: string }) & { tookMs: number }
}

/** Writes an attempt down, and that the delivery is over where it succeeded. */
export async function recordAttempt(db: Db, { deliveryId, round, isDelivered, result }: Attempt): Promise<void> {
  const [status, answer, failure] =
    'status' in result ? [result.status, result.answer, null] : [null, null, result.failure]
  await db.query({
    name: 'record-webhook-attempt',
    text: `with attempted as (
             insert into webhook_attempts (delivery_id, status, answer, failure, took_ms) values ($1, $3, $4, $5, $6)
           )
           update webhook_deliveries
              set attempts = attempts + 1, updated_at = now(),
                  status = case when $7 and status = 'pending' and round = $2 then 'delivered' else status end
            where id = $1`,
    values: [deliveryId, round, status, answer, failure, result.tookMs, isDelivered],
  })
}

/** The delivery is given up: dead, and a person is called; or somebody has stopped it. One that is over stays as it is. */
export async function closeDelivery(
  db: Db,
  { deliveryId, round, why }: { deliveryId: string; round: number; why: string | null },
): Promise<'dead' | 'cancelled' | 'delivered'> {
  const { rows } = await db.query<{ status: 'dead' | 'cancelled' | 'delivered' }>(
    `with closed as (
       update webhook_deliveries
          set status = case when $3::text is null then 'cancelled' else 'dead' end, updated_at = now(),
              -- What it was answered last says more than that the time is over.
              needs_attention = $3 || coalesce(
                (select '; last: ' || coalesce(a.failure, 'it answered ' || a.status)
                   from webhook_attempts a where a.delivery_id = $1 order by a.id desc limit 1), '')
        where id = $1 and round = $2 and status = 'pending'
       returning status
     )
     select status from closed
     union all
     select case when round = $2 then status else 'cancelled' end from webhook_deliveries
      where id = $1 and not exists (select from closed)`,
    [deliveryId, round, why],
  )
  return rows[0]?.status ?? 'cancelled'
}
