/** What can be asked of a search, whichever engine answers it. */
export const searchSorts = ['relevance', 'newest', 'price', '-price', 'name', 'popularity', 'rating'] as const
export type SearchSort = (typeof searchSorts)[number]
export type SearchEngine = 'opensearch' | 'postgres'

export type ProductFilters = {
  /** This one and what is below it. */
  category?: string | undefined
  minPriceMinor?: number | undefined
  maxPriceMinor?: number | undefined
  inStock?: boolean | undefined
  /** For each attribute the values that will do. */
  attributes?: Record<string, readonly string[]> | undefined
}

/** Where the last page ended: how many hits came before, and what its last hit was sorted by in the engine that found it. */
export type SearchPosition = { seen: number; engine: SearchEngine; last: readonly SortValue[] }
export type SortValue = string | number | null

export type SearchQuery = ProductFilters & {
  q?: string | undefined
  sort: SearchSort
  limit: number
  after?: SearchPosition | undefined
}

export type Facets = {
  categories: { value: string; count: number }[]
  prices: { from: number; to: number | null; count: number }[]
  attributes: { name: string; values: { value: string; count: number }[] }[]
}

/** `isCapped`: there may be more than `total`, and the facets count these only. */
export type SearchHits = { ids: string[]; total: number; isCapped: boolean; facets: Facets; last: readonly SortValue[] }

/** So many categories are counted, the fullest first: what others are in comes before them. */
export const CATEGORY_FACETS = 100

/** Where one price range ends and the next begins. */
export const PRICE_STEPS_MINOR = [0, 2_500, 5_000, 10_000, 25_000, 50_000]

const MAX_WORDS = 12
const MAX_CHARACTERS = 120

/** The words of what a person typed, without any sign a query language might read. */
export const wordsOf = (text: string): string[] => (text.match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, MAX_WORDS)

/** What a person typed, signs and all (3/4", 2x4), but not more of it than is answered quickly. */
export function shortened(text: string): string {
  const words = text.trim().slice(0, MAX_CHARACTERS).split(/\s+/)
  return words.slice(0, MAX_WORDS).join(' ')
}

const FACETS_SHOWN = 20

/** Counted pairs of attribute and value as facets: the attributes that most products have first. */
export function attributeFacets(
  counted: readonly { name: string; value: string; count: number }[],
): Facets['attributes'] {
  const byName = Map.groupBy(counted, ({ name }) => name)
  const total = (values: readonly { count: number }[]) => values.reduce((sum, { count }) => sum + count, 0)
  return [...byName]
    .sort(([a, those], [b, these]) => total(these) - total(those) || (a < b ? -1 : 1))
    .slice(0, FACETS_SHOWN)
    .map(([name, values]) => ({
      name,
      values: values
        .map(({ value, count }) => ({ value, count }))
        .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
        .slice(0, FACETS_SHOWN),
    }))
}

/** Each value of the attributes that can be asked for, as text: 420, true and black alike; lists one by one. */
export function attributeValues(attributes: Record<string, unknown>): { name: string; value: string }[] {
  return Object.entries(attributes).flatMap(([name, given]) =>
    [given].flat().flatMap((value: unknown) => {
      const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      return isPlain ? [{ name, value: String(value) }] : []
    }),
  )
}
