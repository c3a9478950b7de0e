import { ConsecutiveBreaker, circuitBreaker, handleWhen, TimeoutStrategy, timeout, wrap } from 'cockatiel'
import {
  type Facets,
  type ProductFilters,
  type SearchHits,
  type SearchQuery,
  wordsOf,
} from '../domain/product-search.ts'
import type { Database } from './database.ts'
import { listActiveProducts } from './product-lists.ts'
import { searchProductText, suggestProductText } from './product-text-search.ts'
import type { Product } from './products.ts'
import { isRefusal, SEARCH_TIMEOUT_MS, type SearchIndex } from './search-index.ts'

export type SearchPage = {
  products: Product[]
  facets: Facets
  total: number
  /** How many hits this page covers, shown or since gone: where the next one begins. */
  hits: number
  engine: 'opensearch' | 'postgres'
}

const BREAK_MS = 5_000
const FAILURES_TO_BREAK = 3

/** What an engine found, before anybody looked what it is now. */
export type FoundHits = SearchHits & { engine: SearchPage['engine'] }

export type ProductSearch = {
  search(query: SearchQuery): Promise<SearchPage>
  suggest(prefix: string, limit: number): Promise<Product[]>
}

/**
 * Finds products through the index and, while that is away, slow or not there at all, through PostgreSQL. A hit is only
 * a pointer: name, price and stock shown are the database's. An index that fails again and again is left alone a while.
 */
export function createProductSearch(deps: {
  database: Database
  index?: SearchIndex | undefined
  timeoutMs?: number
  /** Answers with what an engine found before, where that still holds. */
  keepHits?: (query: SearchQuery, ask: () => Promise<FoundHits>) => Promise<FoundHits>
  /** How products are read as they are now. */
  readActive?: (productIds: readonly string[]) => Promise<Product[]>
}): ProductSearch {
  const { database, index, timeoutMs = SEARCH_TIMEOUT_MS } = deps
  const { keepHits = (_, ask) => ask(), readActive = (ids) => listActiveProducts(database, ids) } = deps
  const breaker = circuitBreaker(
    handleWhen((error) => !isRefusal(error)),
    { halfOpenAfter: BREAK_MS, breaker: new ConsecutiveBreaker(FAILURES_TO_BREAK) },
  )
  const guarded = wrap(breaker, timeout(timeoutMs, TimeoutStrategy.Aggressive))

  async function withFallback<T>(ask: (index: SearchIndex) => Promise<T>, instead: () => Promise<T>) {
    if (index) {
      try {
        return { answer: await guarded.execute(() => ask(index)), engine: 'opensearch' as const }
      } catch {
        // Whatever it was, PostgreSQL can answer; /health/ready tells operators that the index is away.
      }
    }
    return { answer: await instead(), engine: 'postgres' as const }
  }

  return {
    async search(query) {
      const found = await keepHits(query, async () => {
        const { answer, engine } = await withFallback(
          (index) => index.search(query),
          () => searchProductText(database, query),
        )
        return { ...answer, engine }
      })
      const products = await readActive(found.ids)
      return {
        products: products.filter((product) => fits(product, query)),
        facets: found.facets,
        total: found.total,
        hits: found.ids.length,
        engine: found.engine,
      }
    },
    async suggest(prefix, limit) {
      if (wordsOf(prefix).length === 0) return []
      const { answer } = await withFallback(
        (index) => index.suggest(prefix, limit),
        () => suggestProductText(database, prefix, limit),
      )
      return readActive(answer)
    },
  }
}

/** The index may be some seconds behind: a product that no longer fits what was asked for is not shown. */
const fits = (product: Product, { category, minPriceMinor, maxPriceMinor, inStock }: ProductFilters): boolean =>
  (category === undefined || product.category === category) &&
  (minPriceMinor === undefined || product.priceMinor >= minPriceMinor) &&
  (maxPriceMinor === undefined || product.priceMinor <= maxPriceMinor) &&
  (inStock === undefined || product.available > 0 === inStock)
