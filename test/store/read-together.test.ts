import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { claimKey, type KeyUse } from '../../store/idempotency.ts'
import { newId } from '../../store/ids.ts'
import { findProducts, updateProduct } from '../../store/products.ts'
import { readTogether } from '../../store/read-together.ts'
import { createUser, findEntrants } from '../../store/users.ts'
import { addProduct } from '../support/shop-api.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

let shop: TestDatabase
beforeAll(async () => {
  shop = await openTestDatabase()
})
afterAll(() => shop.close())

/** Products as requests read them, with what each statement asked for. */
function readingProducts() {
  const statements: (readonly string[])[] = []
  const read = readTogether((ids: readonly string[]) => {
    statements.push(ids)
    return findProducts(shop.database, ids)
  })
  return { read, statements }
}

test('requests of one moment are one statement, and each hears of its own product', async () => {
  const [one, two] = [await addProduct(shop.database), await addProduct(shop.database)]
  const { read, statements } = readingProducts()
  const nobodys = newId('prd')
  const found = await Promise.all([one, nobodys, two, one].map(read))
  expect(found.map((product) => product?.id)).toEqual([one, undefined, two, one])
  expect(statements).toHaveLength(1)
})

test('nothing is remembered: whoever asks after a change hears of it', async () => {
  const id = await addProduct(shop.database)
  const { read } = readingProducts()
  await read(id)
  await updateProduct(shop.database, id, { name: 'Renamed' })
  expect(await read(id)).toMatchObject({ name: 'Renamed' })
})

test('a statement that fails is told to everyone who waits for it, and the next one is tried', async () => {
  let isAway = true
  const read = readTogether(async (ids: readonly string[]) => {
    if (isAway) throw new Error('the database is away')
    return [...ids]
  })
  const heard = await Promise.allSettled([read('a'), read('b')])
  expect(heard.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  isAway = false
  expect(await read('a')).toBe('a')
})

test('whoever asks while two statements are under way shares the next one, which waits for no more than one of them', async () => {
  const statements: { ids: readonly string[]; answer: () => void }[] = []
  const read = readTogether(async (ids: readonly string[]) => {
    await new Promise<void>((answer) => statements.push({ ids, answer }))
    return [...ids]
  })
  const ask = async (id: string) => {
    const asked = read(id)
    await setImmediate()
    return { asked }
  }
  const [, second] = [await ask('hangs'), await ask('b'), await ask('c'), await ask('d')]
  expect(statements.map(({ ids }) => ids)).toEqual([['hangs'], ['b']])
  statements[1]?.answer()
  expect(await second?.asked).toBe('b')
  await vi.waitFor(() => expect(statements.map(({ ids }) => ids)).toEqual([['hangs'], ['b'], ['c', 'd']]))
})

test('of many who come in it is known whether they may and whether they used their keys', async () => {
  const userId = newId('usr')
  await createUser(shop.database, {
    id: userId,
    username: 'together',
    email: 'together@example.com',
    passwordHash: 'x',
  })
  const use = (key: string): KeyUse => ({ userId, route: 'POST /v1/orders', key, fingerprint: Buffer.alloc(32) })
  await claimKey(shop.database, use('b'), newId('ord'))
  const entrants = await findEntrants(shop.database, [
    ...['a', 'b', 'c', 'b'].map(use),
    { ...use('b'), userId: 'usr_nobody' },
  ])
  expect(entrants.map(({ isKeyUsed }) => isKeyUsed)).toEqual([false, true, false, true, false])
  expect(entrants.map(({ tokenVersion }) => tokenVersion)).toEqual([0, 0, 0, 0, null])
})
