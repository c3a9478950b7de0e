import { DatabaseError } from 'pg'
import { normalizeName } from '../domain/accounts.ts'
import { Problem } from '../domain/problems.ts'
import type { Role } from '../domain/roles.ts'
import type { Db } from './database.ts'
import { inOrderOf } from './read-together.ts'

export type User = {
  id: string
  username: string
  email: string
  role: Role
  profile: Record<string, unknown>
  preferences: Record<string, unknown>
  createdAt: Date
  updatedAt: Date
}

export type NewUser = {
  id: string
  username: string
  email: string
  passwordHash: string
  role?: Role
  profile?: Record<string, unknown>
  preferences?: Record<string, unknown>
}

const userColumns = `id, username, email, role, profile, preferences, created_at as "createdAt", updated_at as "updatedAt"`

/** Opens an account, or refuses with `email_taken` or `username_taken`. */
export async function createUser(db: Db, user: NewUser): Promise<User> {
  const { rows } = await refusingTakenNames(
    db.query<User>(
      `insert into users (id, username, email, password_hash, role, profile, preferences)
       values ($1, $2, $3, $4, $5, $6, $7)
       returning ${userColumns}`,
      [
        user.id,
        normalizeName(user.username),
        normalizeName(user.email),
        user.passwordHash,
        user.role ?? 'user',
        JSON.stringify(user.profile ?? {}),
        JSON.stringify(user.preferences ?? {}),
      ],
    ),
  )
  return rows[0] as User
}

type TokenHolder = { id: string; role: Role; tokenVersion: number }

/** Who is calling, asked at every request so that a changed role or a revoked token counts at once. */
export async function findCallers(db: Db, userIds: readonly string[]): Promise<(TokenHolder | undefined)[]> {
  const { rows } = await db.query<TokenHolder>({
    name: 'find-callers',
    text: `select id, role, token_version as "tokenVersion" from users where id = any($1::text[])`,
    values: [userIds],
  })
  return inOrderOf(userIds, rows, ({ id }) => id)
}

/** A caller, and the Idempotency-Key of the request he makes. */
export type Entry = { userId: string; route: string; key: string }

/** Without a token version there is no such user. */
export type Entrant = { tokenVersion: number | null; isKeyUsed: boolean }

/** Who may come in, and whether each key was used before: whoever must be turned away is asked about once. */
export async function findEntrants(db: Db, entries: readonly Entry[]): Promise<Entrant[]> {
  const { rows } = await db.query<Entrant>({
    name: 'find-entrants',
    text: `select token_version as "tokenVersion",
                  exists (select from idempotency_keys k
                           where k.user_id = e.user_id and k.route = e.route and k.key = e.key) as "isKeyUsed"
             from unnest($1::text[], $2::text[], $3::text[]) with ordinality as e (user_id, route, key, nth)
             left join users on id = e.user_id order by nth`,
    values: [entries.map(({ userId }) => userId), entries.map(({ route }) => route), entries.map(({ key }) => key)],
  })
  return rows
}

export async function findUser(db: Db, userId: string): Promise<User | undefined> {
  const { rows } = await db.query<User>({
    name: 'find-user',
    text: `select ${userColumns} from users where id = $1`,
    values: [userId],
  })
  return rows[0]
}

export type Login = { id: string; passwordHash: string; role: Role; tokenVersion: number }

export async function findLogin(db: Db, email: string): Promise<Login | undefined> {
  const { rows } = await db.query<Login>({
    name: 'find-login',
    text: `select id, password_hash as "passwordHash", role, token_version as "tokenVersion" from users where email = $1`,
    values: [normalizeName(email)],
  })
  return rows[0]
}

export type UserChanges = {
  username?: string | undefined
  profile?: Record<string, unknown> | undefined
  preferences?: Record<string, unknown> | undefined
}

/** Changes what is given and keeps the rest. */
export async function updateUser(db: Db, userId: string, changes: UserChanges): Promise<User | undefined> {
  const { rows } = await refusingTakenNames(
    db.query<User>(
      `update users
          set username = coalesce($2, username), profile = coalesce($3, profile),
              preferences = coalesce($4, preferences), updated_at = now()
        where id = $1
       returning ${userColumns}`,
      [
        userId,
        changes.username === undefined ? null : normalizeName(changes.username),
        changes.profile === undefined ? null : JSON.stringify(changes.profile),
        changes.preferences === undefined ? null : JSON.stringify(changes.preferences),
      ],
    ),
  )
  return rows[0]
}

/** Sets a role or a password and makes every access token given out so far worthless. */
export async function changeCredentials(
  db: Db,
  userId: string,
  changes: { role?: Role; passwordHash?: string },
): Promise<void> {
  await db.query(
    `update users
        set role = coalesce($2, role), password_hash = coalesce($3, password_hash),
            token_version = token_version + 1, updated_at = now()
      where id = $1`,
    [userId, changes.role ?? null, changes.passwordHash ?? null],
  )
}

async function refusingTakenNames<T>(statement: Promise<T>): Promise<T> {
  try {
    return await statement
  } catch (error) {
    if (error instanceof DatabaseError && error.constraint === 'users_email_unique') throw new Problem('email_taken')
    if (error instanceof DatabaseError && error.constraint === 'users_username_unique')
      throw new Problem('username_taken')
    throw error
  }
}
