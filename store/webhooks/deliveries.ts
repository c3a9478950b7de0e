import type { Db } from '../database.ts'

export type WebhookDelivery = {
  id: string
  endpointId: string
  eventId: string
  type: string
  status: 'pending' | 'delivered' | 'dead' | 'cancelled'
  round: number
  attempts: number
  needsAttention: string | null
  log: { status: number | null; answer: string | null; failure: string | null; tookMs: number; createdAt: string }[]
  createdAt: Date
  updatedAt: Date
}

const MOST_LOGGED = 20

const deliveryColumns = `d.id, d.endpoint_id as "endpointId", e.id as "eventId", e.type, d.status, d.round, d.attempts,
  d.needs_attention as "needsAttention", d.created_at as "createdAt", d.updated_at as "updatedAt",
  coalesce((select jsonb_agg(jsonb_build_object('status', a.status, 'answer', a.answer, 'failure', a.failure,
                     'tookMs', a.took_ms, 'createdAt', a.created_at) order by a.id)
              from (select * from webhook_attempts where delivery_id = d.id order by id desc limit ${MOST_LOGGED}) a), '[]') as log`

const deliveries = 'webhook_deliveries d join events e on e.sequence = d.event_sequence'

export async function findDelivery(
  db: Db,
  { id, endpointId }: { id: string; endpointId: string },
): Promise<WebhookDelivery | undefined> {
  const { rows } = await db.query<WebhookDelivery>(
    `select ${deliveryColumns} from ${deliveries} where d.id = $1 and d.endpoint_id = $2`,
    [id, endpointId],
  )
  return rows[0]
}

type Page = { endpointId: string; status: string | undefined; before: number | undefined; limit: number }

/** A page of an endpoint's deliveries, the newest event first. */
export async function listDeliveries(
  db: Db,
  { endpointId, status, before, limit }: Page,
): Promise<(WebhookDelivery & { sequence: number })[]> {
  const { rows } = await db.query<WebhookDelivery & { sequence: number }>(
    `select ${deliveryColumns}, d.event_sequence as sequence from ${deliveries}
      where d.endpoint_id = $1 and ($2::text is null or d.status = $2) and ($3::bigint is null or d.event_sequence < $3)
      order by d.event_sequence desc limit $4`,
    [endpointId, status ?? null, before ?? null, limit],
  )
  return rows
}

/** Begins another round of a delivery that is over. One that is under way goes on as it is. */
export async function redeliver(db: Db, id: string): Promise<void> {
  await db.query(
    `update webhook_deliveries d
        set status = 'pending', round = d.round + 1, is_started = false, needs_attention = null, updated_at = now()
       from webhook_endpoints w
      where d.id = $1 and d.status <> 'pending' and w.id = d.endpoint_id and w.status = 'active'`,
    [id],
  )
}

export async function countDeadDeliveries(db: Db): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*) from webhook_deliveries d join webhook_endpoints w on w.id = d.endpoint_id
      where d.status = 'dead' and w.status <> 'deleted'`,
  )
  return rows[0]?.count ?? 0
}
