import { afterAll, beforeAll, expect, test } from 'vitest'
import { openShopApi, type ShopApi } from '../support/shop-api.ts'

let shop: ShopApi
beforeAll(async () => {
  shop = await openShopApi()
  for (const [n, colour] of ['red', 'red', 'blue', 'green', 'red'].entries())
    await shop.product({ name: `Cup ${n}`, category: 'Cups', priceMinor: 100 * n, attributes: { colour, litres: 0.5 } })
})
afterAll(() => shop.close())

const search = (query: string) => shop.ask('GET', `/v1/search?${query}`)

test('attributes filter, values of one name are alternatives, and facets count what is left', async () => {
  const { status, body } = await search(
    'category=Cups&attribute=colour:red&attribute=colour:blue&attribute=litres:0.5&sort=price',
  )
  expect(status).toBe(200)
  expect(body.data.map(({ name }: { name: string }) => name)).toEqual(['Cup 0', 'Cup 1', 'Cup 2', 'Cup 4'])
  expect(body.facets.attributes).toContainEqual({
    name: 'colour',
    values: [
      { value: 'red', count: 3 },
      { value: 'blue', count: 1 },
    ],
  })
  expect((await search('attribute=colour')).status).toBe(422)
})

test('a cursor leads through everything once, and to no other question', async () => {
  const names: string[] = []
  let cursor = ''
  do {
    const { body } = await search(`category=Cups&sort=-price&limit=2${cursor}`)
    names.push(...body.data.map(({ name }: { name: string }) => name))
    cursor = body.next_cursor ? `&cursor=${body.next_cursor}` : ''
    if (cursor) expect((await search(`category=Cups&sort=price&limit=2${cursor}`)).status).toBe(400)
    if (cursor) expect((await search(`category=Mugs&sort=-price&limit=2${cursor}`)).status).toBe(400)
  } while (cursor)
  expect(names).toEqual(['Cup 4', 'Cup 3', 'Cup 2', 'Cup 1', 'Cup 0'])
})

test('those who ask the same in other letters and another order go on with each other’s cursors', async () => {
  const mine = 'q=CUP&sort=name&limit=2&attribute=colour:blue&attribute=colour:red'
  const theirs = 'q=cup&sort=name&limit=2&attribute=colour:red&attribute=colour:blue'
  for (const [first, second] of [
    [mine, theirs],
    [theirs, mine],
  ]) {
    const { body } = await search(`${first}`)
    expect(body.data.length).toBe(2)
    const next = await search(`${second}&cursor=${body.next_cursor}`)
    expect([next.status, next.body.data.length > 0]).toEqual([200, true])
  }
})

test.for([
  'nonsense',
  Buffer.from('5').toString('base64url'),
  Buffer.from('{"seen":1,"engine":"opensearch","last":[{"$gt":1}]}').toString('base64url'),
])('a forged cursor is refused (%#)', async (cursor) => {
  const { status, body } = await search(`cursor=${cursor}`)
  expect([status, body.code]).toEqual([400, 'malformed_request'])
})

test('what sells most and what is rated best comes first when asked for', async () => {
  await shop.database.query(`update products set popularity = 9 where name = 'Cup 1'`)
  await shop.database.query(`update products set rating = 4.5, rating_count = 2 where name = 'Cup 2'`)
  const first = async (sort: string) => (await search(`category=Cups&sort=${sort}`)).body.data[0].name
  expect([await first('popularity'), await first('rating'), await first('newest')]).toEqual(['Cup 1', 'Cup 2', 'Cup 4'])
})
