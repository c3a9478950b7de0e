import { createHash, randomBytes } from 'node:crypto'
import { v4 } from 'uuid'
import { type Database, type Db, inTransaction } from './database.ts'

const LIFETIME_DAYS = 30

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** Begins a family of refresh tokens: one sign-in on one device. Only the hash is kept. */
export const createRefreshToken = (db: Db, userId: string): Promise<string> => addToken(db, userId, v4())

export type Rotation =
  | { outcome: 'rotated'; userId: string; refreshToken: string }
  | { outcome: 'unknown' | 'reused'; userId?: string }

/**
 * Takes a token out of use and gives its successor. A token that was used before is in two hands, so the family ends;
 * that must last, so it is an outcome and not an exception that would roll it back.
 */
export function rotateRefreshToken(database: Database, token: string): Promise<Rotation> {
  return inTransaction(database, async (tx) => {
    const used = await tx.query<{ familyId: string; userId: string }>({
      name: 'use-refresh-token',
      text: `update refresh_tokens set used_at = now()
              where token_hash = $1 and used_at is null and revoked_at is null and expires_at > now()
             returning family_id as "familyId", user_id as "userId"`,
      values: [hashOf(token)],
    })
    const family = used.rows[0]
    if (family) {
      const refreshToken = await addToken(tx, family.userId, family.familyId)
      return { outcome: 'rotated', userId: family.userId, refreshToken }
    }
    const revoked = await tx.query<{ userId: string }>(
      `update refresh_tokens set revoked_at = now()
        where revoked_at is null
          and family_id = (select family_id from refresh_tokens where token_hash = $1 and used_at is not null)
       returning user_id as "userId"`,
      [hashOf(token)],
    )
    const thief = revoked.rows[0]
    return thief ? { outcome: 'reused', userId: thief.userId } : { outcome: 'unknown' }
  })
}

/** Signs a device out: whatever follows from this token is worthless. */
export async function revokeRefreshToken(db: Db, token: string): Promise<void> {
  await db.query(
    `update refresh_tokens set revoked_at = now()
      where revoked_at is null and family_id = (select family_id from refresh_tokens where token_hash = $1)`,
    [hashOf(token)],
  )
}

async function addToken(db: Db, userId: string, familyId: string): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await db.query({
    name: 'add-refresh-token',
    text: `insert into refresh_tokens (token_hash, family_id, user_id, expires_at)
           values ($1, $2, $3, now() + make_interval(days => $4))`,
    values: [hashOf(token), familyId, userId, LIFETIME_DAYS],
  })
  return token
}
