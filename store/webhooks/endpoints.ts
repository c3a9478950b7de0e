import { randomBytes } from 'node:crypto'
import type { Db } from '../database.ts'

export type WebhookEndpoint = {
  id: string
  url: string
  events: string[]
  status: 'active' | 'disabled'
  disabledReason: string | null
  /** A secret that was rotated out signs until then as well. */
  previousUntil: Date | null
  pending: number
  dead: number
  createdBy: string
  createdAt: Date
  updatedAt: Date
}

/** As Standard Webhooks writes one: 256 random bits. */
const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

const endpointColumns = `w.id, w.url, w.events, w.status, w.disabled_reason as "disabledReason",
  case when w.previous_until > now() then w.previous_until end as "previousUntil",
  (select count(*) from webhook_deliveries d where d.endpoint_id = w.id and d.status = 'pending') as pending,
  (select count(*) from webhook_deliveries d where d.endpoint_id = w.id and d.status = 'dead') as dead,
  w.created_by as "createdBy", w.created_at as "createdAt", w.updated_at as "updatedAt"`

export type NewWebhookEndpoint = { id: string; url: string; events: string[]; createdBy: string }

/** Its secret is told here and never again. What was told before the endpoint was there is not delivered to it. */
export async function createEndpoint(
  db: Db,
  { id, url, events, createdBy }: NewWebhookEndpoint,
): Promise<{ secret: string }> {
  const secret = newSecret()
  await db.query(
    `insert into webhook_endpoints (id, url, events, secret, created_by, begins_after)
     select $1, $2, $3, $4, $5, coalesce(max(sequence), 0) from events`,
    [id, url, events, secret, createdBy],
  )
  return { secret }
}

export async function findEndpoint(db: Db, id: string): Promise<WebhookEndpoint | undefined> {
  const { rows } = await db.query<WebhookEndpoint>(
    `select ${endpointColumns} from webhook_endpoints w where w.id = $1 and w.status <> 'deleted'`,
    [id],
  )
  return rows[0]
}

/** A page of them, oldest first. */
export async function listEndpoints(
  db: Db,
  page: { after: string | undefined; limit: number },
): Promise<WebhookEndpoint[]> {
  const { rows } = await db.query<WebhookEndpoint>(
    `select ${endpointColumns} from webhook_endpoints w
      where w.status <> 'deleted' and ($1::text is null or w.id > $1) order by w.id limit $2`,
    [page.after ?? null, page.limit],
  )
  return rows
}

/** A new secret signs from now on; the one before signs beside it until the overlap is over. */
export async function rotateSecret(
  db: Db,
  { id, overlapMs }: { id: string; overlapMs: number },
): Promise<{ secret: string }> {
  const secret = newSecret()
  await db.query(
    `update webhook_endpoints
        set previous_secret = secret, previous_until = now() + $3 * interval '1 millisecond', secret = $2, updated_at = now()
      where id = $1 and status <> 'deleted'`,
    [id, secret, overlapMs],
  )
  return { secret }
}

export type OpenDelivery = { eventId: string; endpointId: string; round: number }

/**
 * Nothing is sent to it any more, and what was open is over. Answers the deliveries that this ended: their workflows find
 * out at their next attempt, or when they are told.
 */
export const deleteEndpoint = (db: Db, id: string): Promise<OpenDelivery[]> => end(db, id, 'deleted', null)

/** It has said that it does not want anything any more. */
export const disableEndpoint = (db: Db, { id, why }: { id: string; why: string }): Promise<OpenDelivery[]> =>
  end(db, id, 'disabled', why)

async function end(db: Db, id: string, status: 'deleted' | 'disabled', why: string | null): Promise<OpenDelivery[]> {
  const { rows } = await db.query<OpenDelivery>(
    `with ended as (
       update webhook_endpoints set status = $2, disabled_reason = $3, updated_at = now()
        where id = $1 and status <> 'deleted' and status <> $2
       returning id
     ), over as (
       update webhook_deliveries d set status = 'cancelled', updated_at = now()
         from ended where d.endpoint_id = ended.id and d.status = 'pending'
       returning d.event_sequence, d.endpoint_id, d.round
     )
     select e.id as "eventId", over.endpoint_id as "endpointId", over.round
       from over join events e on e.sequence = over.event_sequence`,
    [id, status, why],
  )
  return rows
}
