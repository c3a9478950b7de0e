import { heartbeat } from '@temporalio/activity'
import type { Database } from '../store/database.ts'
import { forgetIndexed, listProductsToIndex, markIndexed } from '../store/products-to-index.ts'
import type { SearchIndex } from '../store/search-index.ts'

const BATCH = 500

export type SearchSync = { indexed: number; removed: number; skipped: boolean }

export type SearchActivities = ReturnType<typeof createSearchActivities>

export function createSearchActivities({ database, index }: { database: Database; index?: SearchIndex | undefined }) {
  return {
    /**
     * Brings the search index up to the database, whatever it missed. It looks at what is due and not at what happened,
     * so it may be stopped anywhere and started any number of times.
     */
    syncSearchIndex: async (): Promise<SearchSync> => {
      const done = { indexed: 0, removed: 0, skipped: false }
      const isThere = await index?.ping().catch(() => undefined)
      if (!index || !isThere) return { ...done, skipped: true }
      if (!(await index.exists())) {
        // In this order: stopped in between, the next run finds no index again and nothing is thought to be in it.
        await forgetIndexed(database)
        await index.create()
      }
      for (;;) {
        const writes = await listProductsToIndex(database, BATCH)
        if (writes.length === 0) return done
        await index.write(writes)
        // Before it is noted: whoever hears of the new edition must find what is new in it.
        await index.refresh()
        await markIndexed(database, writes)
        for (const { product } of writes) done[product ? 'indexed' : 'removed']++
        heartbeat(done)
        if (writes.length < BATCH) return done
      }
    },
  }
}
