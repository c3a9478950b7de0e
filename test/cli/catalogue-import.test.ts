import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importCatalogue } from '../../cli/import/import-catalogue.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

const command = fileURLToPath(new URL('../../cli/catalogue-import.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'holdfast-import-'))
let shop: TestDatabase
beforeAll(async () => {
  shop = await openTestDatabase()
})
afterAll(async () => {
  await shop.close()
  rmSync(folder, { recursive: true })
})

function fileOf(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const runImport = (file: string, ...options: string[]) =>
  execa(process.execPath, [command, file, '--database', shop.url, ...options], { reject: false })

async function importFile(file: string, { again = false, stop = new AbortController().signal } = {}) {
  const wrong: string[] = []
  const outcome = await importCatalogue({
    file,
    database: shop.database,
    again,
    stop,
    onWrong: (line, reason) => wrong.push(`${line}: ${reason}`),
    onNotice: (notice) => wrong.push(notice),
    onProgress: () => {},
  })
  const { created, changed, unchanged, refused } = outcome
  return { counts: { created, changed, unchanged, refused }, wrong, outcome }
}

const productOf = async (sku: string) =>
  (
    await shop.database.query(
      `select name, description, price_minor, currency, category, attributes, status, version, on_hand
         from products join stock on product_id = id where sku = $1`,
      [sku],
    )
  ).rows[0]

const header = 'sku,name,description,price,currency,category,attributes,inventory,attr.colour,attr.watts,status'

test('good rows land, bad ones are named with line and reason, and the command says how it went', async () => {
  const file = fileOf(
    'shop.csv',
    [
      header,
      'LAMP-1,"Desk ""Pro"" lamp","Two\nlines",19.99,USD,Lamps,"{""wireless"":true}",5,black,40,',
      'LAMP-2,,,1999,USD,Lamps,,1,,,',
      'LAMP-3,Floor lamp,,-5,USD,Lamps,,1,,,',
      'LAMP-4,Wall lamp,,2999,JPY,Lamps,,,,,inactive',
      'LAMP-5,too few fields',
      'LAMP-6,Ceiling lamp,,100,USD,Lamps,not json,1,,,',
      'LAMP-8,Reading lamp,,100,USD,Lamps / Reading,,1,,,',
      'LAMP-9,Lost lamp,,100,USD,Lamps//Reading,,1,,,',
    ].join('\n'),
  )
  const { exitCode, stdout, stderr } = await runImport(file)
  expect(stderr).toContain(`${file}:4: name: `)
  expect(stderr).toContain(`${file}:5: price.amount: `)
  expect(stderr).toContain(`${file}:7: has 2 fields, and the header 11`)
  expect(stderr).toContain(`${file}:8: attributes: is not a JSON object`)
  expect(stderr).toContain(`${file}:10: category: Has an empty level`)
  expect(stdout).toContain('3 new, 0 changed, 0 as they were, 5 refused')
  expect(exitCode).toBe(0)
  expect(await productOf('LAMP-1')).toEqual({
    name: 'Desk "Pro" lamp',
    description: 'Two\nlines',
    price_minor: 1999,
    currency: 'USD',
    category: 'Lamps',
    attributes: { wireless: true, colour: 'black', watts: 40 },
    status: 'active',
    version: 1,
    on_hand: 5,
  })
  expect(await productOf('LAMP-4')).toMatchObject({
    price_minor: 2999,
    currency: 'JPY',
    status: 'inactive',
    on_hand: 0,
  })
  expect(await productOf('LAMP-8')).toMatchObject({ category: 'Lamps/Reading' })
  const again = await runImport(file)
  expect([again.exitCode, again.stdout]).toEqual([0, expect.stringContaining('Nothing to do')])
})

test('a product that is there is changed with a raised version, and its stock is not touched', async () => {
  const file = fileOf(
    'changes.jsonl.gz',
    gzipSync(
      [
        {
          sku: 'LAMP-1',
          name: 'Desk lamp',
          price: { amount: 2500, currency: 'USD' },
          category: 'Lamps',
          inventory: 99,
        },
        { sku: 'LAMP-4', name: 'Wall lamp', price: { amount: 2999, currency: 'JPY' }, category: 'Lamps' },
        { sku: 'LAMP-7', name: 'Old name', price: { amount: 1, currency: 'USD' }, category: 'Lamps' },
        {
          sku: 'LAMP-7',
          name: 'New name',
          price: { amount: 1, currency: 'USD' },
          category: 'Lamps',
          inventory: { on_hand: 3 },
        },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    ),
  )
  expect((await importFile(file)).counts).toEqual({ created: 1, changed: 1, unchanged: 1, refused: 0 })
  expect(await productOf('LAMP-1')).toMatchObject({
    name: 'Desk lamp',
    price_minor: 2500,
    description: 'Two\nlines',
    attributes: { wireless: true, colour: 'black', watts: 40 },
    version: 2,
    on_hand: 5,
  })
  expect(await productOf('LAMP-4')).toMatchObject({ version: 1, status: 'inactive' })
  expect(await productOf('LAMP-7')).toMatchObject({ name: 'New name', on_hand: 3 })
  const { rows } = await shop.database.query(
    `select count(*) from stock left join (select product_id, sum(change_quantity) as booked from inventory_records group by 1) b
       using (product_id) where on_hand <> coalesce(booked, 0)`,
  )
  expect(rows[0].count).toBe(0)
})

test('an import that is killed goes on behind the last row that landed, and nothing lands twice', async () => {
  const rows = Array.from({ length: 12_000 }, (_, n) => `BULK-${n},Bulk ${n},,500,USD,Bulk,,1,,,`)
  const file = fileOf('bulk.csv', [header, ...rows].join('\n'))
  const killed = runImport(file)
  await expect
    .poll(
      async () => (await shop.database.query(`select count(*) from products where category = 'Bulk'`)).rows[0].count,
      {
        timeout: 60_000,
        interval: 20,
      },
    )
    .toBeGreaterThan(0)
  killed.kill('SIGKILL')
  await killed
  const { outcome, counts } = await importFile(file)
  expect(outcome.resumedAfter).toBeGreaterThan(1_000)
  expect(counts).toEqual({ created: 12_000, changed: 0, unchanged: 0, refused: 0 })
  const { rows: found } = await shop.database.query(
    `select count(*) from products join inventory_records on product_id = products.id where category = 'Bulk' and version = 1`,
  )
  expect(found[0].count).toBe(12_000)
  expect((await importFile(file, { again: true })).counts).toEqual({
    created: 0,
    changed: 0,
    unchanged: 12_000,
    refused: 0,
  })
})

test('what the database alone refuses costs no other row', async () => {
  await shop.database.query(`alter table products add constraint no_elephants check (name <> 'Elephant')`)
  const rows = ['Ant', 'Elephant', 'Bee'].map((name) => ({ sku: name, name, price: 100, category: 'Animals' }))
  const file = fileOf('animals.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'))
  const { counts, wrong } = await importFile(file)
  expect(counts).toEqual({ created: 2, changed: 0, unchanged: 0, refused: 1 })
  expect(wrong).toEqual([expect.stringMatching(/^2: .*no_elephants/)])
})

test.for([
  ['nothing.csv', '', 'is empty'],
  ['array.json', '[{"sku":"A"}]', 'one object on each line'],
  ['cut.csv.gz', gzipSync(Buffer.alloc(200_000, 'sku,name\nA,B\n')).subarray(0, 400), 'cannot be read to its end'],
] as const)('%s is refused in words', async ([name, content, reason]) => {
  await expect(importFile(fileOf(name, content))).rejects.toThrow(reason)
})
