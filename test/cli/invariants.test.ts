import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report } from '../../cli/invariants-report.ts'
import { openSearchIndex } from '../../store/search-index.ts'
import { openSearchServer } from '../support/search-server.ts'
import { addProduct } from '../support/shop-api.ts'
import { openTestDatabase, type TestDatabase } from '../support/test-database.ts'

const program = fileURLToPath(new URL('../../cli/invariants.ts', import.meta.url))
const check = (...args: string[]) => execa(process.execPath, [program, ...args], { reject: false })

let db: TestDatabase
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'invariants-'))
  db = await openTestDatabase()
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await db?.close()
})

describe('npm run invariants', () => {
  test('ends with 0 on a clean database and names what was not checked', async () => {
    const { exitCode, stdout } = await check('--database', db.url)
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/✓ stock_never_oversold/)
    expect(stdout).toMatch(/- order_is_charged_once +not checked: no gateway address was given/)
  })

  test('ends with 1 and names the violators', async () => {
    const product = await addProduct(db.database, { onHand: 5 })
    await db.database.query('update stock set on_hand = 4 where product_id = $1', [product])
    const { exitCode, stdout } = await check('--database', db.url)
    await db.database.query('update stock set on_hand = 5 where product_id = $1', [product])
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/✗ shelf_is_sum_of_ledger/)
    expect(stdout).toContain(`${product}: 4 on the shelf, the ledger comes to 5`)
    expect(stdout).toMatch(/1 violated/)
  })

  test('asks the search index what it holds; one that is away is no violation', async () => {
    const away = await check('--database', db.url, '--opensearch', 'http://127.0.0.1:9')
    expect(away.exitCode).toBe(0)
    expect(away.stdout).toMatch(/- index_holds_every_product_as_it_is +not checked: no search index answers/)

    const server = await openSearchServer()
    try {
      const url = server.url as string
      const index = openSearchIndex(url, { timeoutMs: 15_000 })
      await index.create()
      await index.serve()
      await index.close()
      const product = await addProduct(db.database, { onHand: 5 })
      await db.database.query('update products set indexed_version = version')
      const { exitCode, stdout } = await check('--database', db.url, '--opensearch', url)
      expect(exitCode).toBe(1)
      expect(stdout).toMatch(/✗ index_holds_every_product_as_it_is/)
      expect(stdout).toContain(product)
    } finally {
      await server.close()
    }
  }, 180_000)

  test('looks again for as long as it is told to wait', async () => {
    const product = await addProduct(db.database, { onHand: 5 })
    await db.database.query('update stock set on_hand = 4 where product_id = $1', [product])
    const checking = check('--database', db.url, '--wait', '15')
    setTimeout(() => db.database.query('update stock set on_hand = 5 where product_id = $1', [product]), 2_000)
    expect((await checking).exitCode).toBe(0)
  })

  test.each([
    ['there is no stack', () => ['--data', folder], /No stack is running.*npm start/],
    ['nothing answers', () => ['--database', 'postgres://nobody@127.0.0.1:1/shop'], /127.0.0.1:1 cannot be used/],
    [
      'the schema is missing',
      () => ['--database', new URL('/postgres', db.url).href],
      /does not have this version's schema/,
    ],
    [
      'the gateway is away',
      () => ['--database', db.url, '--gateway', 'http://127.0.0.1:1'],
      /gateway.*does not answer/,
    ],
    ['an address is none', () => ['--database', 'shop'], /must be an address/],
    ['the stack file is broken', () => ['--data', brokenStack()], /stack.json cannot be read/],
  ])('ends with 2 and one sentence when %s', async (_, args, sentence) => {
    const { exitCode, stderr, stdout } = await check(...args())
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(sentence)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})

test('a long list of violators is cut short and says so', () => {
  const violations = Array.from({ length: 25 }, (_, at) => ({ subject: `ord_${at}`, detail: 'is wrong' }))
  const results = [{ name: 'all_well', promise: 'All is well.', eventual: false, violations }]
  expect(report(results, { all: false })).toContain('and 15 more')
  expect(report(results, { all: true })).toContain('ord_24')
})

function brokenStack(): string {
  const broken = mkdtempSync(join(folder, 'broken-'))
  writeFileSync(join(broken, 'stack.json'), '{')
  return broken
}
