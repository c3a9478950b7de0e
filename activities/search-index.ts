import { heartbeat } from '@temporalio/activity'
import type { Database } from '../store/database.ts'
import { refreshPopularity } from '../store/popularity.ts'
import { listProductsToIndex, markIndexed, renewEdition, takeUpIndex } from '../store/products-to-index.ts'
import { GENERATION } from '../store/search/definition.ts'
import type { SearchIndex } from '../store/search-index.ts'

const BATCH = 1_000

export type SearchSync = { indexed: number; removed: number; skipped: boolean }

export type SearchActivities = ReturnType<typeof createSearchActivities>

export function createSearchActivities({ database, index }: { database: Database; index?: SearchIndex | undefined }) {
  return {
    /**
     * Brings the search index up to the database, whatever it missed. It looks at what is due and not at what happened,
     * so it may be stopped anywhere and started any number of times. An index of another make is filled beside the one
     * that serves, and takes its place when nothing is due any more.
     */
    syncSearchIndex: async (): Promise<SearchSync> => {
      const done = { indexed: 0, removed: 0, skipped: false }
      const isThere = await index?.ping().catch(() => undefined)
      if (!index || !isThere) return { ...done, skipped: true }
      const identity = await identityOf(index)
      const isOurs = await takeUpIndex(database, { identity, generation: GENERATION }, () => heartbeat(done))
      if (!isOurs) return { ...done, skipped: true }
      await indexWhatIsDue(index, identity, done)
      if (!(await index.isServing())) {
        await index.refresh()
        await index.serve()
        await renewEdition(database)
      }
      // Last, so that a count that takes too long keeps nothing else back.
      if ((await refreshPopularity(database)) > 0) await indexWhatIsDue(index, identity, done)
      return done
    },
  }

  async function indexWhatIsDue(index: SearchIndex, identity: string, done: SearchSync): Promise<void> {
    for (;;) {
      const writes = await listProductsToIndex(database, BATCH)
      if (writes.length > 0) {
        await index.write(writes)
        // Before it is noted: whoever hears of the new edition must find what is new in it.
        await index.refresh()
        if (!(await markIndexed(database, identity, writes))) throw new Error('Another index took its place meanwhile')
        for (const { product } of writes) done[product ? 'indexed' : 'removed']++
        heartbeat(done)
      }
      if (writes.length < BATCH) return
    }
  }
}

async function identityOf(index: SearchIndex): Promise<string> {
  const found = await index.identity()
  if (found !== undefined) return found
  await index.create()
  const made = await index.identity()
  if (made === undefined) throw new Error('The index that was just made is gone')
  return made
}
