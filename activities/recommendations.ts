import { Worker } from 'node:worker_threads'
import { Context, heartbeat } from '@temporalio/activity'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { collecting } from '../domain/recommendation/collecting.ts'
import type { Ranking, ShopHistory, TrainedShop } from '../domain/recommendation/training.ts'
import type { Database } from '../store/database.ts'
import { deleteOldViews, forgetViews, openViewStream, recordViews, takeViews } from '../store/product-views.ts'
import * as store from '../store/recommendations/index.ts'

type Deps = { database: Database; redis?: Redis | undefined; logger: Logger }

export type ViewCollection = { collected: number; skipped: boolean }
export type Training = { lines: number; hitRate: number; popularityHitRate: number; isGoodEnough: boolean }

const VIEWS_AT_ONCE = 1_000
const PAGE = 2_000
/** Half a gigabyte or so while it is learnt from; what is older than that many is left out. */
const MOST_LINES = 2_000_000
const LISTS_AT_ONCE = 200
const BEAT_MS = 2_000

export function createRecommendationActivities({ database, redis, logger }: Deps) {
  return {
    /**
     * Moves views from Redis to the database. What was taken and not finished is taken again first, and written twice it
     * counts once. Without Redis there is nothing to do, and nothing but views is lost.
     */
    async collectViews(): Promise<ViewCollection> {
      let collected = 0
      const isThere = await redis?.ping().catch(() => undefined)
      if (!redis || !isThere) return { collected, skipped: true }
      await openViewStream(redis)
      for (const begun of [true, false])
        for (;;) {
          const { entryIds, views } = await takeViews(redis, { begun, most: VIEWS_AT_ONCE })
          if (entryIds.length === 0) break
          await recordViews(database, views)
          await forgetViews(redis, entryIds)
          collected += views.length
          heartbeat(collected)
        }
      return { collected, skipped: false }
    },

    /** Learns from orders and views and writes what it learnt as a candidate. Done again, it is written over. */
    async trainRecommendations({ modelId }: { modelId: string }): Promise<Training> {
      while ((await deleteOldViews(database, PAGE)) === PAGE) heartbeat()
      await store.openModel(database, modelId)
      const { history, itemNames, lines } = await readHistory(database)
      const trained = await onThread(history)
      for (const [kind, rankings] of [
        ['related', trained.related.map((ranking, item) => named(itemNames[item] as string, ranking, itemNames))],
        ['popular', trained.popular.map(({ segment, ranking }) => named(segment, ranking, itemNames))],
      ] as const)
        for (let at = 0; at < rankings.length; at += LISTS_AT_ONCE) {
          const some = rankings.slice(at, at + LISTS_AT_ONCE).filter(({ productIds }) => productIds.length > 0)
          if (some.length > 0) await store.writeRankings(database, modelId, kind, some)
          heartbeat({ kind, written: at })
        }
      const { choice: settings, figures } = trained
      await store.noteTraining(database, modelId, { lines, settings, figures })
      const isGoodEnough = lines > 0 && figures.model.hitRate >= figures.popularity.hitRate
      logger.info({ modelId, lines, ...figures, isGoodEnough }, 'recommendations were trained')
      return { lines, hitRate: figures.model.hitRate, popularityHitRate: figures.popularity.hitRate, isGoodEnough }
    },

    /** What is good enough is served from now on; the decision is made once. */
    async decideOnRecommendations({
      modelId,
      isGoodEnough,
    }: {
      modelId: string
      isGoodEnough: boolean
    }): Promise<void> {
      if (isGoodEnough) await store.publishModel(database, modelId)
      else await store.rejectModel(database, modelId)
    },
  }
}

const named = (of: string, { items, scores }: Ranking, itemNames: readonly string[]): store.RankedProducts => ({
  of,
  productIds: items.map((item) => itemNames[item] as string),
  scores,
})

/** What a customer bought or looked at in one week is one basket. Read page by page, newest first, and kept as numbers. */
async function readHistory(database: Database) {
  const collected = collecting()
  const take = ({ userId, productIds, week }: store.Interest) => {
    for (const productId of productIds) collected.add(userId, productId, week)
  }
  for (
    let before: string | undefined, isMore = true;
    isMore && collected.lines < MOST_LINES;
    heartbeat(collected.lines)
  ) {
    const page = await store.listBought(database, { before, limit: PAGE })
    page.forEach(take)
    before = page.at(-1)?.orderId
    isMore = page.length === PAGE
  }
  for (let from: store.ViewPosition | undefined = store.beforeAnyView; from && collected.lines < MOST_LINES; ) {
    const { viewed, next } = await store.listViewed(database, { from, limit: PAGE })
    viewed.forEach(take)
    from = next
    heartbeat(collected.lines)
  }
  const itemNames = collected.itemNames()
  const segments = await lookUp(collected.userNames(), (ids) => store.listSegments(database, ids), [])
  const categories = await lookUp(itemNames, (ids) => store.listCategories(database, ids), [])
  const history: ShopHistory = { histories: collected.histories(), segments, categories }
  return { history, itemNames, lines: collected.lines }
}

async function lookUp<T>(
  ids: readonly string[],
  read: (ids: readonly string[]) => Promise<Map<string, T>>,
  otherwise: T,
): Promise<T[]> {
  const found: T[] = []
  for (let at = 0; at < ids.length; at += PAGE) {
    const page = ids.slice(at, at + PAGE)
    const values = await read(page)
    found.push(...page.map((id) => values.get(id) ?? otherwise))
    heartbeat(found.length)
  }
  return found
}

/** Trains beside the process, beating meanwhile; a training that is no longer wanted is ended. */
async function onThread(workerData: ShopHistory): Promise<TrainedShop> {
  const { cancellationSignal } = Context.current()
  const beat = setInterval(() => heartbeat('training'), BEAT_MS)
  // Without the options of this process: a thread needs none of what it was started with.
  const thread = new Worker(new URL('recommendation-thread.ts', import.meta.url), { workerData, execArgv: [] })
  const end = () => void thread.terminate()
  cancellationSignal.addEventListener('abort', end)
  try {
    return await new Promise<TrainedShop>((resolve, reject) => {
      thread.once('message', resolve)
      thread.once('error', reject)
      thread.once('exit', (code) => reject(new Error(`The training ended without a result (${code})`)))
    })
  } finally {
    clearInterval(beat)
    cancellationSignal.removeEventListener('abort', end)
  }
}
