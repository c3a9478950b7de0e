import type { SearchQuery } from '../domain/product-search.ts'
import type { Caches } from './caches.ts'
import type { Database } from './database.ts'
import type { Moments } from './moments.ts'
import { createProductSearch, type ProductSearch, type SearchPage } from './product-search.ts'
import { findIndexEdition } from './products-to-index.ts'
import type { SearchIndex } from './search-index.ts'

/** How old a page may be that is shown again, and how late one may learn that the index changed. Together: half a second. */
const PAGE_FOR_MS = 400
const EDITION_FOR_MS = 100
const REMEMBERED_PAGES = 1_000

type SearchDeps = {
  database: Database
  index?: SearchIndex | undefined
  timeoutMs?: number
  caches: Caches
  moments: Moments
}

/**
 * Search that asks an engine once for what many ask. What the index found is kept by the edition it was found in and the
 * synonyms it was asked with; names,
 * prices and stock are read anew for each page, and the page itself is good for a moment.
 */
export function createRememberedSearch(deps: SearchDeps): ProductSearch {
  const { database, index, caches, moments } = deps
  const edition = moments.of(() => findIndexEdition(database), {
    name: 'edition',
    forMs: EDITION_FOR_MS,
    most: 1,
    isByProduct: false,
  })
  const search = createProductSearch({
    ...deps,
    async keepHits(query, ask) {
      const { edition: of, isBehind } = (index && (await edition('index'))) ?? { edition: '', isBehind: true }
      if (isBehind) return ask()
      let instead: Awaited<ReturnType<typeof ask>> | undefined
      const kept = await caches.get('searches', `${of}:${index?.synonymsEdition()}:${keyOf(query)}`, async () => {
        const found = await ask()
        if (found.engine === 'opensearch') return found
        instead = found
        return undefined
      })
      return kept ?? instead ?? ask()
    },
  })
  const page = moments.of((key) => search.search(JSON.parse(key) as SearchQuery), {
    name: 'search',
    forMs: PAGE_FOR_MS,
    most: REMEMBERED_PAGES,
    isByProduct: false,
  })
  return {
    search: (query) => page(keyOf(query)) as Promise<SearchPage>,
    suggest: (prefix, limit) => search.suggest(prefix, limit),
  }
}

/** The same for the same question, in whatever order its parts were given. */
function keyOf(query: SearchQuery): string {
  const { q, category, minPriceMinor, maxPriceMinor, inStock, attributes = {}, sort, limit, after } = query
  const wanted = Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)))
  return JSON.stringify({ q, category, minPriceMinor, maxPriceMinor, inStock, attributes: wanted, sort, limit, after })
}
