import { setTimeout as sleep } from 'node:timers/promises'
import type { StackFile } from '../../stack/open-stack.ts'
import type { Database } from '../../store/database.ts'
import { openSearchIndex } from '../../store/search-index.ts'
import { checkInvariants, type InvariantResult } from '../../store/invariants.ts'
import type { CheckRecord } from '../record.ts'
import type { Traffic } from '../traffic/index.ts'
import { openingUnits } from '../traffic/shelves.ts'
import { readBooks } from './books.ts'
import { comparisonFindsNothing } from './comparison.ts'
import { runHistoryChecks } from './history.ts'
import { everyEventIsStreamed } from './streams.ts'
import { nobodyIsNeeded, nothingWaitsWithoutReason } from './waiting.ts'

type Options = { database: Database; stack: StackFile; traffic: Traffic; redisKeepsSince: Date | undefined }

export type Reckoning = { checks: CheckRecord[] /** How long the shop took to come to rest. */; quietMs: number }

const quietWithinMs = 90_000
const INDEX_TIMEOUT_MS = 10_000
const BETWEEN_LOOKS_MS = 1_000

/** Waits until the shop has come to rest, or has had its time for it, and looks at every promise. */
export async function reckon({ database, stack, traffic, redisKeepsSince }: Options): Promise<Reckoning> {
  const { gateway: gatewayUrl, temporal, redis: redisUrl, opensearch } = stack
  const index = opensearch === undefined ? undefined : openSearchIndex(opensearch, { timeoutMs: INDEX_TIMEOUT_MS })
  const startedAt = performance.now()
  const deadline = startedAt + quietWithinMs
  const look = async () => [
    ...(await checkInvariants({ database, gatewayUrl, temporal, index, isWholeIndexRead: true })).map(withoutExtras),
    await nobodyIsNeeded(database),
    await nothingWaitsWithoutReason(temporal),
  ]
  let results = await look()
  while (!isClean(results) && performance.now() < deadline) {
    await sleep(BETWEEN_LOOKS_MS)
    results = await look()
  }
  await index?.close()
  const quietMs = Math.round(performance.now() - startedAt)
  const comparison = await comparisonFindsNothing(stack)
  const events = await everyEventIsStreamed({ database, redisUrl, redisKeepsSince })
  const evidence = {
    operations: traffic.history.operations,
    webhooks: traffic.webhooks,
    books: await readBooks(database),
    shelves: traffic.shelves,
    openingUnits,
  }
  return { checks: [...runHistoryChecks(evidence), ...results, comparison, ...events], quietMs }
}

export const isClean = (results: readonly CheckRecord[]): boolean =>
  results.every(({ violations }) => violations.length === 0)

const withoutExtras = ({ name, promise, violations, skipped }: InvariantResult): CheckRecord => ({
  name,
  promise,
  violations,
  ...(skipped !== undefined && { skipped }),
})
