import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { DatabaseError } from 'pg'
import {
  finishImport,
  type ImportBatch,
  importBatch,
  type ImportedProduct,
  type ImportState,
  openImport,
} from '../../store/catalogue-imports.ts'
import type { Database } from '../../store/database.ts'
import { readRows } from '../rows/read-rows.ts'
import { CannotRun } from '../running-stack.ts'
import { isKnownColumn, productOf } from './product-rows.ts'

type Options = {
  file: string
  database: Database
  again: boolean
  onWrong: (line: number, reason: string) => void
  onNotice: (notice: string) => void
  onProgress: (progress: { rows: number; bytes: number }) => void
  stop: AbortSignal
}

const ROWS_AT_ONCE = 1_000

export type ImportOutcome = ImportState & { wasFinished: boolean; resumedAfter: number; rows: number }

/** Takes a file into the catalogue, batch by batch, going on where an earlier import of the same content was ended. */
export async function importCatalogue(options: Options): Promise<ImportOutcome> {
  const { file, database, again, onWrong, onNotice, onProgress, stop } = options
  const contentHash = await hashOf(file)
  const before = await openImport(database, contentHash, again)
  const resumedAfter = before.lastLine
  if (before.finishedAt) return { ...before, wasFinished: true, resumedAfter, rows: 0 }

  let state: ImportState = before
  let batch = emptyBatch(state.lastLine)
  let bytes = 0
  let rows = 0
  const flush = async () => {
    state = await land(database, contentHash, batch, onWrong)
    batch = emptyBatch(state.lastLine)
    onProgress({ rows, bytes })
    stop.throwIfAborted()
  }
  let isFirst = true
  for await (const given of readRows(file, { onBytes: (read) => (bytes += read) })) {
    if (isFirst && 'row' in given) tellUnknown(given.row, onNotice)
    isFirst = false
    if (given.line <= state.lastLine) continue
    rows++
    const reading = 'row' in given ? productOf(given.row) : given
    if ('wrong' in reading) {
      onWrong(given.line, reading.wrong)
      batch.refused++
    } else batch.products.push({ line: given.line, product: reading.product })
    batch.lastLine = given.line
    if (batch.products.length + batch.refused >= ROWS_AT_ONCE) await flush()
  }
  if (batch.lastLine > state.lastLine) await flush()
  await finishImport(database, contentHash)
  return { ...state, wasFinished: false, resumedAfter, rows }
}

type Collected = Omit<ImportBatch, 'products'> & { products: { line: number; product: ImportedProduct }[] }

const emptyBatch = (line: number): Collected => ({ products: [], refused: 0, fromLine: line, lastLine: line })

/** What the database itself refuses is found by halves, so that one such row costs no other. */
async function land(
  database: Database,
  contentHash: string,
  batch: Collected,
  onWrong: Options['onWrong'],
): Promise<ImportState> {
  try {
    const landed = await importBatch(database, contentHash, { ...batch, products: lastOfEachSku(batch.products) })
    if (landed) return landed
    throw new CannotRun('Another import of this file is under way')
  } catch (error) {
    if (!(error instanceof DatabaseError) || !/^2[23]/.test(error.code ?? '') || batch.products.length === 0)
      throw error
    const [only] = batch.products
    if (only && batch.products.length === 1) {
      onWrong(only.line, error.message)
      return land(database, contentHash, { ...batch, products: [], refused: batch.refused + 1 }, onWrong)
    }
    const half = Math.ceil(batch.products.length / 2)
    const first = batch.products.slice(0, half)
    const border = first.at(-1)?.line ?? batch.fromLine
    await land(database, contentHash, { ...batch, products: first, lastLine: border }, onWrong)
    return land(
      database,
      contentHash,
      { ...batch, products: batch.products.slice(half), refused: 0, fromLine: border },
      onWrong,
    )
  }
}

/** Of rows with one SKU the last one counts, as it would from one batch to the next. */
const lastOfEachSku = (rows: Collected['products']): ImportedProduct[] => [
  ...new Map(rows.map(({ product }) => [product.sku, product])).values(),
]

function tellUnknown(row: Record<string, unknown>, onNotice: (notice: string) => void): void {
  const unknown = Object.keys(row).filter((name) => !isKnownColumn(name))
  if (unknown.length > 0) onNotice(`Not known and left out: ${unknown.join(', ')}`)
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  } catch (error) {
    throw new CannotRun(`${file} cannot be read: ${(error as Error).message}`)
  }
  return hash.digest('hex')
}
