import { createHash } from 'node:crypto'
import { Problem } from '../domain/problems.ts'
import type { Db } from './database.ts'

/** One use of an Idempotency-Key: whose, where, and for which request. */
export type KeyUse = { userId: string; route: string; key: string; fingerprint: Buffer }

/** What the caller heard first, and will hear again. */
export type Answer = { status: number; body: unknown }

export type KeyClaim = { resourceId: string; fresh: boolean; answer?: Answer }

/** SHA-256 over the validated body with its keys in order, so that spelling a request differently is not another request. */
export const fingerprintOf = (validatedBody: unknown): Buffer =>
  createHash('sha256')
    .update(JSON.stringify(inOrder(validatedBody)))
    .digest()

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, inOrder(field)]))
}

type KeyRow = { fingerprint: Buffer; resource_id: string; answer_status: number | null; answer: unknown }

/** Ties the key to `resourceId`, or reports what it is tied to already. Another request under the key is refused. */
export async function claimKey(db: Db, use: KeyUse, resourceId: string): Promise<KeyClaim> {
  const { rowCount } = await db.query({
    name: 'claim-key',
    text: `insert into idempotency_keys (user_id, route, key, fingerprint, resource_id) values ($1, $2, $3, $4, $5)
           on conflict do nothing`,
    values: [use.userId, use.route, use.key, use.fingerprint, resourceId],
  })
  if (rowCount === 1) return { resourceId, fresh: true }
  const claim = await findKey(db, use)
  if (!claim) throw new Error('An idempotency key vanished; they are kept for ever')
  return claim
}

/** What a key is tied to, if it was used. */
async function findKey(db: Db, use: KeyUse): Promise<KeyClaim | undefined> {
  const { rows } = await db.query<KeyRow>({
    name: 'find-key',
    text: `select fingerprint, resource_id, answer_status, answer from idempotency_keys
            where user_id = $1 and route = $2 and key = $3`,
    values: [use.userId, use.route, use.key],
  })
  return rows[0] && readClaim(use, rows[0])
}

/** Keeps the first answer, and returns it: whoever joined meanwhile must not be told another. */
export async function recordAnswer(db: Db, use: KeyUse, answer: Answer): Promise<Answer> {
  const { rows } = await db.query<Answer>({
    name: 'record-answer',
    text: `update idempotency_keys
              set answer_status = coalesce(answer_status, $4),
                  answer = case when answer_status is null then $5 else answer end,
                  updated_at = case when answer_status is null then now() else updated_at end
            where user_id = $1 and route = $2 and key = $3
           returning answer_status as status, answer as body`,
    values: [use.userId, use.route, use.key, answer.status, JSON.stringify(answer.body)],
  })
  return rows[0] ?? answer
}

function readClaim(use: KeyUse, row: KeyRow): KeyClaim {
  if (!row.fingerprint.equals(use.fingerprint)) throw new Problem('idempotency_key_reuse')
  const claim = { resourceId: row.resource_id, fresh: false }
  return row.answer_status === null ? claim : { ...claim, answer: { status: row.answer_status, body: row.answer } }
}
