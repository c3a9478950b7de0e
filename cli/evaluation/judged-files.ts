import type { IndexWrite, SearchIndex } from '../../store/search-index.ts'
import { readRows } from '../rows/read-rows.ts'
import { CannotRun } from '../running-stack.ts'

export type JudgedQuery = { q: string; judged: Map<string, number> }

const BATCH = 500
const WRONG_LINES_SHOWN = 5

type Heard = { onBatch: (products: number) => void; onWrong: (line: string) => void }

const productColumns = { names: ['id', 'name', 'description', 'category'], needed: ['name'] } as const
const judgementColumns = { names: ['query', 'product_id', 'relevance'], needed: ['query', 'relevance'] } as const

/** Refuses files that cannot be what they are to be, before anything is started for them. */
export async function checkFiles(products: string, judgements: string): Promise<void> {
  await firstRow(columnsOf(products, productColumns, () => {}))
  await firstRow(columnsOf(judgements, judgementColumns, () => {}))
}

async function firstRow(rows: AsyncGenerator): Promise<void> {
  for await (const _ of rows) return
}

/** Writes the products of the file into the indices, under numbers, and tells the number of each of the file's own ids. */
export async function indexProducts(
  path: string,
  indices: readonly Pick<SearchIndex, 'write'>[],
  { onBatch, onWrong }: Heard,
): Promise<Map<string, string>> {
  const numbers = new Map<string, string>()
  let batch: IndexWrite[] = []
  const flush = async () => {
    await Promise.all(indices.map((index) => index.write(batch)))
    batch = []
    onBatch(numbers.size)
  }
  for await (const row of columnsOf(path, productColumns, onWrong)) {
    const { id, name, description, category } = row
    if (numbers.has(id)) continue
    numbers.set(id, String(numbers.size + 1))
    batch.push({ id: numbers.get(id) as string, version: 1, product: { ...blank, name, description, category } })
    if (batch.length === BATCH) await flush()
  }
  if (batch.length > 0) await flush()
  if (numbers.size === 0) throw new CannotRun(`${path} holds no product`)
  return numbers
}

const blank = {
  sku: '',
  attributes: '',
  facets: [],
  price_minor: 0,
  popularity: 0,
  rating: 0,
  rating_count: 0,
  in_stock: true,
  created_at: '2026-01-01T00:00:00.000Z',
}

/** What people said, by query, of the products that are there. */
export async function readJudgements(
  path: string,
  numbers: ReadonlyMap<string, string>,
  onWrong: (line: string) => void,
): Promise<{ queries: JudgedQuery[]; unknownProducts: number }> {
  const queries = new Map<string, Map<string, number>>()
  let unknownProducts = 0
  for await (const row of columnsOf(path, judgementColumns, onWrong)) {
    const relevance = Number(row.relevance)
    if (!Number.isFinite(relevance)) onWrong(`${path}:${row.line}: relevance ${row.relevance} is not a number`)
    const number = numbers.get(row.product_id)
    if (number === undefined) unknownProducts++
    if (number === undefined || !Number.isFinite(relevance)) continue
    const judged = queries.get(row.query) ?? new Map<string, number>()
    judged.set(number, relevance)
    queries.set(row.query, judged)
  }
  if (queries.size === 0) throw new CannotRun(`${path} holds no judgement of a product of the other file`)
  return { queries: [...queries].map(([q, judged]) => ({ q, judged })), unknownProducts }
}

/** The rows of a file with these columns as text; what is wrong with a row is told, with its line. */
async function* columnsOf<Name extends string>(
  path: string,
  { names, needed }: { names: readonly Name[]; needed: readonly Name[] },
  onWrong: (line: string) => void,
): AsyncGenerator<Record<Name, string> & { line: string }> {
  const [key] = names
  for await (const given of readRows(path)) {
    const { line } = given
    if ('wrong' in given) {
      onWrong(`${path}:${line}: the line ${given.wrong}`)
      continue
    }
    const missing = names.filter((name) => given.row[name] === undefined && (name === key || needed.includes(name)))
    if (missing.length > 0 && line <= 2)
      throw new CannotRun(`${path} has no ${missing.join(', ')}: it must have the columns ${names.join(', ')}`)
    const row = Object.fromEntries(names.map((name) => [name, textOf(given.row[name])])) as Record<Name, string>
    const empty = names.filter((name) => row[name] === '' && (name === key || needed.includes(name)))
    if (empty.length > 0) onWrong(`${path}:${line}: ${empty.join(' and ')} is empty`)
    else yield { ...row, line: String(line) }
  }
}

const textOf = (value: unknown): string => {
  if (value === undefined || value === null) return ''
  return (typeof value === 'string' ? value : JSON.stringify(value)).trim()
}

/** Says the first few wrong lines, and in the end how many there were. */
export function listWrong(say: (line: string) => void) {
  let count = 0
  return {
    hear: (line: string) => {
      count++
      if (count <= WRONG_LINES_SHOWN) say(line)
    },
    conclude: () => {
      if (count > WRONG_LINES_SHOWN) say(`… and ${count - WRONG_LINES_SHOWN} more such lines`)
    },
  }
}
