/** What can be asked of a search, whichever engine answers it. */
export const searchSorts = ['relevance', 'newest', 'price', '-price', 'name'] as const
export type SearchSort = (typeof searchSorts)[number]

export type ProductFilters = {
  category?: string | undefined
  minPriceMinor?: number | undefined
  maxPriceMinor?: number | undefined
  inStock?: boolean | undefined
}

export type SearchQuery = ProductFilters & { q?: string | undefined; sort: SearchSort; limit: number; offset: number }

export type Facets = {
  categories: { value: string; count: number }[]
  prices: { from: number; to: number | null; count: number }[]
}

export type SearchHits = { ids: string[]; total: number; facets: Facets }

/** Where one price range ends and the next begins. */
export const PRICE_STEPS_MINOR = [0, 2_500, 5_000, 10_000, 25_000, 50_000]

const MAX_WORDS = 12

/** The words of what a person typed, without any sign a query language might read. */
export const wordsOf = (text: string): string[] => (text.match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, MAX_WORDS)
