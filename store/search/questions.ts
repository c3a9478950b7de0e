import {
  attributeFacets,
  CATEGORY_FACETS,
  type Facets,
  PRICE_STEPS_MINOR,
  type ProductFilters,
  type SearchSort,
} from '../../domain/product-search.ts'

/** An attribute and its value as one keyword: a control character cannot be part of either. */
export const facetOf = ({ name, value }: { name: string; value: string }): string => `${name}${SEPARATOR}${value}`
const SEPARATOR = '\u001f'
const FACET_PAIRS = 400

export function filtersOf({ category, minPriceMinor, maxPriceMinor, inStock, attributes = {} }: ProductFilters) {
  return [
    ...(category === undefined ? [] : [inCategory(category)]),
    { range: { price_minor: { gte: minPriceMinor ?? 0, ...(maxPriceMinor !== undefined && { lte: maxPriceMinor }) } } },
    ...(inStock === undefined ? [] : [{ term: { in_stock: inStock } }]),
    ...Object.entries(attributes).map(([name, values]) => ({
      terms: { facets: values.map((value) => facetOf({ name, value })) },
    })),
  ]
}

// By the path itself, which an index of an earlier make has too.
const inCategory = (category: string) => ({
  bool: { should: [{ term: { category } }, { prefix: { category: `${category}/` } }] },
})

// Each order ends in the id, so that it is total and a page can begin exactly where the last one ended.
export const sorts: Record<SearchSort, readonly object[]> = {
  relevance: [{ _score: 'desc' }, { id: 'desc' }],
  newest: [{ id: 'desc' }],
  price: [{ price_minor: 'asc' }, { id: 'asc' }],
  '-price': [{ price_minor: 'desc' }, { id: 'desc' }],
  name: [{ 'name.exact': 'asc' }, { id: 'asc' }],
  popularity: [{ popularity: 'desc' }, { id: 'desc' }],
  rating: [
    { rating: 'desc' },
    // An index of an earlier make has none.
    { rating_count: { order: 'desc', unmapped_type: 'integer', missing: 0 } },
    { popularity: 'desc' },
    { id: 'desc' },
  ],
}

export const facetAggregations = {
  categories: { terms: { field: 'category.branches', size: CATEGORY_FACETS } },
  prices: {
    range: {
      field: 'price_minor',
      ranges: PRICE_STEPS_MINOR.map((from, step) => {
        const to = PRICE_STEPS_MINOR[step + 1]
        return to === undefined ? { from } : { from, to }
      }),
    },
  },
  attributes: { terms: { field: 'facets', size: FACET_PAIRS } },
}

export type Aggregations = {
  categories: { buckets: { key: string; doc_count: number }[] }
  prices: { buckets: { from: number; to?: number; doc_count: number }[] }
  attributes: { buckets: { key: string; doc_count: number }[] }
}

export const facetsIn = ({ categories, prices, attributes }: Aggregations): Facets => ({
  categories: categories.buckets.map(({ key, doc_count }) => ({ value: key, count: doc_count })),
  prices: prices.buckets.map(({ from, to, doc_count }) => ({ from, to: to ?? null, count: doc_count })),
  attributes: attributeFacets(
    attributes.buckets.map(({ key, doc_count }) => {
      const [name = '', value = ''] = key.split(SEPARATOR)
      return { name, value, count: doc_count }
    }),
  ),
})
