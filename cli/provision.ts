import { demoCatalogue } from '../domain/demo-catalogue.ts'
import { Problem } from '../domain/problems.ts'
import { type Database, type Db, inTransaction, openDatabase } from '../store/database.ts'
import { newId } from '../store/ids.ts'
import { hashPassword, verifyPassword } from '../store/passwords.ts'
import { createProducts } from '../store/products.ts'
import { changeCredentials, createUser, findLogin } from '../store/users.ts'

export type Admin = { email: string; password: string }

/** The account a new shop is run with. An existing one is given this password and its role back. */
export async function ensureAdmin({ databaseUrl, ...admin }: Admin & { databaseUrl: string }): Promise<void> {
  await withDatabase(databaseUrl, async (database) => {
    if (await bringUpToDate(database, admin)) return
    try {
      await openAdminAccount(database, admin)
    } catch (error) {
      // Two starters at once: the other one opened the account between our look and our insert.
      const isRace = error instanceof Problem && error.code === 'email_taken'
      if (!isRace || !(await bringUpToDate(database, admin))) throw error
    }
  })
}

async function bringUpToDate(db: Db, { email, password }: Admin): Promise<boolean> {
  const login = await findLogin(db, email)
  if (!login) return false
  const knowsPassword = await verifyPassword(password, login.passwordHash)
  if (!knowsPassword || login.role !== 'admin') {
    const passwordHash = knowsPassword ? undefined : await hashPassword(password)
    await changeCredentials(db, login.id, { role: 'admin', ...(passwordHash && { passwordHash }) })
  }
  return true
}

async function openAdminAccount(db: Db, { email, password }: Admin): Promise<void> {
  const user = { email, passwordHash: await hashPassword(password), role: 'admin' } as const
  try {
    await createUser(db, { id: newId('usr'), username: 'admin', ...user })
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'username_taken') throw error
    const id = newId('usr')
    await createUser(db, { id, username: `admin-${id.slice(-12)}`, ...user })
  }
}

export type Progress = { done: number; total: number }

const BATCH = 100

/** Fills the shelves of an empty shop, all of them or none. A shop that has products is left as it is. */
export async function loadDemoCatalogue(options: {
  databaseUrl: string
  onProgress?: (progress: Progress) => void
}): Promise<{ products: number }> {
  const catalogue = demoCatalogue()
  return withDatabase(options.databaseUrl, (database) =>
    inTransaction(database, async (tx) => {
      // Of two starters, the second waits here and then finds the shelves full.
      await tx.query(`select pg_advisory_xact_lock(hashtext('holdfast:demo-catalogue'))`)
      const { rowCount } = await tx.query('select 1 from products limit 1')
      if (rowCount) return { products: 0 }
      for (let done = 0; done < catalogue.length; done += BATCH) {
        const batch = catalogue.slice(done, done + BATCH)
        await createProducts(
          tx,
          batch.map((product) => ({ id: newId('prd'), ...product, reorderPoint: 10, reorderQuantity: 50 })),
        )
        options.onProgress?.({ done: done + batch.length, total: catalogue.length })
      }
      return { products: catalogue.length }
    }),
  )
}

async function withDatabase<T>(url: string, body: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase({ url, poolSize: 1, statementTimeoutMs: 60_000 })
  try {
    return await body(database)
  } finally {
    await database.end()
  }
}
