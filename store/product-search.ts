import { ConsecutiveBreaker, circuitBreaker, handleWhen, TimeoutStrategy, timeout, wrap } from 'cockatiel'
import { isWithin } from '../domain/category.ts'
import {
  attributeValues,
  type Facets,
  type ProductFilters,
  type SearchEngine,
  type SearchHits,
  type SearchPosition,
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
  /** There may be more than `total`. */
  isCapped: boolean
  engine: SearchEngine
  /** Where the next page begins, if there is one. */
  next: SearchPosition | undefined
}

/** Whoever has looked through so many hits needs a better question, and deep pages are dear. */
export const MAX_HITS = 10_000
const BREAK_MS = 5_000
const FAILURES_TO_BREAK = 3

/** What an engine found, before anybody looked what it is now. */
export type FoundHits = SearchHits & { engine: SearchEngine }

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
}): ProductSearch {
  const { database, index, timeoutMs = SEARCH_TIMEOUT_MS } = deps
  const { keepHits = (_, ask) => ask() } = deps
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
      const products = await listActiveProducts(database, found.ids)
      return {
        products: products.filter((product) => fits(product, query)),
        facets: found.facets,
        total: found.total,
        isCapped: found.isCapped,
        engine: found.engine,
        next: positionAfter(query, found),
      }
    },
    async suggest(prefix, limit) {
      if (wordsOf(prefix).length === 0) return []
      const { answer } = await withFallback(
        (index) => index.suggest(prefix, limit),
        () => suggestProductText(database, prefix, limit),
      )
      return listActiveProducts(database, answer)
    },
  }
}

/** Hits that are gone meanwhile were seen too. */
function positionAfter(query: SearchQuery, { ids, total, isCapped, last, engine }: FoundHits) {
  const seen = (query.after?.seen ?? 0) + ids.length
  // Ranked are only those that were counted; any other order goes on behind them.
  const isRanked = query.sort === 'relevance' && query.q !== undefined
  const reach = isCapped && !isRanked ? MAX_HITS : Math.min(total, MAX_HITS)
  return ids.length === query.limit && seen < reach ? { seen, engine, last } : undefined
}

/** The index may be some seconds behind: a product that no longer fits what was asked for is not shown. */
const fits = (product: Product, filters: ProductFilters): boolean => {
  const { category, minPriceMinor, maxPriceMinor, inStock, attributes = {} } = filters
  const values = attributeValues(product.attributes)
  const has = (attribute: string, choices: readonly string[]) =>
    values.some(({ name, value }) => name === attribute && choices.includes(value))
  return (
    (category === undefined || isWithin(product.category, category)) &&
    (minPriceMinor === undefined || product.priceMinor >= minPriceMinor) &&
    (maxPriceMinor === undefined || product.priceMinor <= maxPriceMinor) &&
    (inStock === undefined || product.available > 0 === inStock) &&
    Object.entries(attributes).every(([name, choices]) => has(name, choices))
  )
}
