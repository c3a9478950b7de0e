import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../store/ids.ts'
import { hashPassword, verifyNobodysPassword, verifyPassword } from '../../store/passwords.ts'
import { changeCredentials, createUser, findCallers, findLogin, findUser, updateUser } from '../../store/users.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let shop: TestDatabase
beforeAll(async () => {
  shop = await openTestDatabase()
})
afterAll(() => shop.close())

const someone = (username: string) =>
  createUser(shop.database, { id: newId('usr'), username, email: `${username}@example.com`, passwordHash: 'h' })

test('a password is kept as a slow hash of exactly what was typed', async () => {
  const hash = await hashPassword(' secret word ')
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await verifyPassword(' secret word ', hash)).toBe(true)
  expect(await verifyPassword('secret word', hash)).toBe(false)
  expect(await verifyNobodysPassword('no account has this password')).toBe(false)
})

test('of many sign-ups with one name at once, one gets it', async () => {
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => someone('Ada')))
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason.code).toMatch(/^(email|username)_taken$/)
})

test('a new user has the least role, and a login finds them by any spelling of the address', async () => {
  const user = await someone('grace')
  expect(user).toMatchObject({ role: 'user', profile: {}, preferences: {} })
  expect(await findLogin(shop.database, ' GRACE@Example.com ')).toMatchObject({ id: user.id, tokenVersion: 0 })
  expect(await findLogin(shop.database, 'nobody@example.com')).toBeUndefined()
})

test('a change of role or password makes earlier tokens worthless', async () => {
  const user = await someone('alan')
  await changeCredentials(shop.database, user.id, { role: 'manager' })
  expect(await findCallers(shop.database, [user.id])).toEqual([{ id: user.id, role: 'manager', tokenVersion: 1 }])
  await changeCredentials(shop.database, user.id, { passwordHash: 'other' })
  expect(await findLogin(shop.database, user.email)).toMatchObject({
    passwordHash: 'other',
    role: 'manager',
    tokenVersion: 2,
  })
})

test('an update keeps what it was not given', async () => {
  const user = await someone('edsger')
  await updateUser(shop.database, user.id, { profile: { city: 'Austin' } })
  expect(await findUser(shop.database, user.id)).toMatchObject({
    username: 'edsger',
    profile: { city: 'Austin' },
    preferences: {},
  })
  expect(await updateUser(shop.database, newId('usr'), { username: 'nobody' })).toBeUndefined()
})
