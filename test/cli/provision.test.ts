import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensureAdmin, loadDemoCatalogue } from '../../cli/provision.ts'
import { newId } from '../../store/ids.ts'
import { checkInvariants } from '../../store/invariants.ts'
import { verifyPassword } from '../../store/passwords.ts'
import { changeCredentials, createUser, findLogin } from '../../store/users.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let db: TestDatabase
beforeEach(async () => void (db = await openTestDatabase()))
afterEach(() => db.close())

describe('the demo catalogue', () => {
  const load = (seen: number[] = []) =>
    loadDemoCatalogue({ databaseUrl: db.url, onProgress: ({ done }) => void seen.push(done) })

  test('fills an empty shop, tells how far it is and leaves every shelf in order', async () => {
    const seen: number[] = []
    expect(await load(seen)).toEqual({ products: 400 })
    expect(seen.at(-1)).toBe(400)
    const results = await checkInvariants({ database: db.database })
    expect(results.filter(({ violations }) => violations.length > 0)).toEqual([])
  })

  test('is loaded once by two starters at the same moment', async () => {
    const loaded = await Promise.all([load(), load()])
    expect(loaded.map(({ products }) => products).toSorted()).toEqual([0, 400])
  })
})

describe('the admin account', () => {
  const admin = { email: 'admin@holdfast.test', password: 'first of all' }
  const ensure = (password = admin.password) => ensureAdmin({ databaseUrl: db.url, ...admin, password })

  test('is opened once, by however many starters', async () => {
    await Promise.all([ensure(), ensure(), ensure()])
    expect(await findLogin(db.database, admin.email)).toMatchObject({ role: 'admin', tokenVersion: 0 })
  })

  test('gets the new password when that was changed, and is left alone when not', async () => {
    await ensure()
    await ensure('second of all')
    await ensure('second of all')
    const login = await findLogin(db.database, admin.email)
    expect(await verifyPassword('second of all', login?.passwordHash ?? '')).toBe(true)
    expect(login?.tokenVersion).toBe(1)
  })

  test('gets its role back', async () => {
    await ensure()
    const login = await findLogin(db.database, admin.email)
    await changeCredentials(db.database, login?.id ?? '', { role: 'user' })
    await ensure()
    expect(await findLogin(db.database, admin.email)).toMatchObject({ role: 'admin' })
  })

  test('is opened even when a customer calls themselves admin', async () => {
    await createUser(db.database, {
      id: newId('usr'),
      username: 'admin',
      email: 'eve@example.com',
      passwordHash: 'none',
    })
    await ensure()
    expect(await findLogin(db.database, admin.email)).toMatchObject({ role: 'admin' })
    expect(await findLogin(db.database, 'eve@example.com')).toMatchObject({ role: 'user' })
  })
})
