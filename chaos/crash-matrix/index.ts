import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InvariantResult } from '../../store/invariants.ts'
import { crash, type Crashed, type Place, type RowResult } from './crash.ts'
import { type Row, rows as allRows } from './rows.ts'
import { type MatrixShop, openMatrixShop } from './shop.ts'

export { asTable, writeMatrix } from './table.ts'
export type { RowResult } from './crash.ts'

export type MatrixOptions = {
  /** How many rows share one kill; with 1 each has its own. */
  atOnce?: number
  rows?: readonly Row[]
  withSearch?: boolean
  /** Without numbers, one process hosts the API and the worker. */
  apiProcesses?: number
  workers?: number
  onLine?: (line: string) => void
  /** What is being installed or started, again and again while it lasts. */
  onStatus?: (status: string) => void
  environment: NodeJS.ProcessEnv
}

export type MatrixResult = {
  processes: string
  startedAt: string
  tookMs: number
  kills: number
  rows: RowResult[]
  /** What could not be had here, and why. */
  leftOut: { row: string; why: string }[]
  promises: Pick<InvariantResult, 'name' | 'promise' | 'violations' | 'skipped'>[]
  isSound: boolean
}

/** A customer is asked to pay several times at most: more orders than that look like fraud. */
const ROWS_PER_CUSTOMER = 4
const REST_WITHIN_MS = 60_000

/** Kills the shop's own processes at every step there is, one stack for all of it, and looks at what became of each. */
export async function runCrashMatrix(options: MatrixOptions): Promise<MatrixResult> {
  const { atOnce = 8, rows = allRows, withSearch = false, onLine = () => {}, ...shopOptions } = options
  const startedAt = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-crash-matrix-'))
  try {
    const shop = await openMatrixShop({ folder, withSearch, ...shopOptions })
    try {
      const wanted = rows.filter(({ needs }) => needs !== 'opensearch' || shop.hasSearch)
      const crashed = await crashAll(shop, wanted, { atOnce, onLine })
      const promises = await shop.promises(REST_WITHIN_MS)
      const results = await Promise.all(crashed.map(afterRest))
      const leftOut = rows.filter((row) => !wanted.includes(row))
      return {
        processes: inWords(shopOptions),
        startedAt: new Date(startedAt).toISOString(),
        tookMs: Date.now() - startedAt,
        kills: new Set(results.map(({ kill }) => kill).filter((kill) => kill !== null)).size,
        rows: results,
        leftOut: leftOut.map(({ id, step, moment }) => ({ row: `${id} ${step} ${moment}`, why: 'no OpenSearch here' })),
        promises: promises.map(({ name, promise, violations, skipped }) => ({
          ...{ name, promise, violations },
          ...(skipped !== undefined && { skipped }),
        })),
        isSound:
          results.every(({ failure }) => failure === undefined) &&
          promises.every(({ violations, skipped }) => violations.length === 0 && skipped === undefined),
      }
    } finally {
      await shop.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Pace = { atOnce: number; onLine: (line: string) => void }

/** First those whose repeat takes longest, so that the others are hit meanwhile; at last those that must be alone. */
async function crashAll(shop: MatrixShop, rows: readonly Row[], { atOnce, onLine }: Pace): Promise<Crashed[]> {
  const places = await placesFor(shop, rows)
  const tell = (each: Crashed) => onLine(lineOf(each.result))
  const hit = (batch: Place[]) => {
    const { fired, ended } = crash(shop, batch)
    return { fired, ended: ended.then((crashed) => (crashed.forEach(tell), crashed)) }
  }
  const ofRepeat = (repeat: Row['repeat']) => places.filter(({ row }) => row.repeat === repeat)

  const ended: Promise<Crashed[]>[] = []
  for (const batch of inBatches(ofRepeat('long'), atOnce)) {
    const { fired, ended: later } = hit(batch)
    ended.push(later)
    await fired
  }
  for (const batch of [...inBatches(ofRepeat('activity'), atOnce * 4), ...inBatches(ofRepeat('task'), atOnce)]) {
    const { ended: soon } = hit(batch)
    ended.push(soon)
    await soon
  }
  const together = (await Promise.all(ended)).flat()
  const again = await placesAgain(shop, rows, together, onLine)
  const alone: Crashed[] = []
  for (const place of [...again, ...ofRepeat('alone')]) alone.push(...(await hit([place]).ended))
  return [...together.filter(({ isMissed }) => !isMissed), ...alone]
}

/** For rows whose step another row's kill did in their stead. */
async function placesAgain(
  shop: MatrixShop,
  rows: readonly Row[],
  together: readonly Crashed[],
  onLine: Pace['onLine'],
): Promise<Place[]> {
  const missed = new Set(together.filter(({ isMissed }) => isMissed).map(({ result }) => result.id))
  if (missed.size === 0) return []
  onLine(`… kills of others came in the moment of ${[...missed].join(', ')}: each once more, alone`)
  shop.armory.disarm()
  return placesFor(
    shop,
    rows.filter(({ id }) => missed.has(id)).map((row) => ({ ...row, id: `${row.id}-again` })),
  )
}

async function placesFor(shop: MatrixShop, rows: readonly Row[]): Promise<Place[]> {
  const [customers, products] = await Promise.all([
    shop.newCustomers(Math.ceil(rows.length / ROWS_PER_CUSTOMER)),
    shop.newProducts(rows.length),
  ])
  return rows.map((row, n) => ({
    row,
    customer: customers[n % customers.length] as Place['customer'],
    product: products[n] as Place['product'],
  }))
}

async function afterRest({ result, lookAgain }: Crashed): Promise<RowResult> {
  if (result.failure !== undefined) return result
  const later = await lookAgain()
  return later === undefined ? result : { ...result, failure: `after rest: ${later}` }
}

function inBatches<Item>(items: Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size))
}

const lineOf = ({ id, step, attempt, moment, scenario, recoveryMs, failure }: RowResult): string =>
  failure === undefined
    ? `✓ ${id} ${step} ${attempt ?? ''} ${moment} (${scenario}): ${((recoveryMs ?? 0) / 1000).toFixed(1)} s`
    : `✗ ${id} ${step} ${attempt ?? ''} ${moment} (${scenario}): ${failure}`

const inWords = ({ apiProcesses, workers }: Pick<MatrixOptions, 'apiProcesses' | 'workers'>): string =>
  apiProcesses === undefined && workers === undefined
    ? 'API and worker in one process'
    : `${apiProcesses ?? 1} API and ${workers ?? 1} worker processes`
