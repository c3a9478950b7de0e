import { Client, errors } from '@opensearch-project/opensearch'
import {
  type Facets,
  PRICE_STEPS_MINOR,
  type ProductFilters,
  type SearchHits,
  type SearchQuery,
  type SearchSort,
  wordsOf,
} from '../domain/product-search.ts'

/** A product as the index is to know it; without `product` it is to forget it. `version` decides which of two writes is newer. */
export type IndexWrite = { id: string; version: number; product?: IndexedProduct }

export type IndexedProduct = {
  sku: string
  name: string
  description: string
  category: string
  attributes: string
  price_minor: number
  in_stock: boolean
  created_at: string
}

export type SearchIndex = ReturnType<typeof openSearchIndex>

// Readers and writers use the alias, so that a new mapping can be filled beside the old one and take its place at once.
const ALIAS = 'products'
const INDEX = 'products-v1'
/** A search that takes longer is answered by PostgreSQL. */
export const SEARCH_TIMEOUT_MS = 1_000
const BULK_TIMEOUT_MS = 20_000

/** The product index in OpenSearch. It holds nothing that could not be written again from the database. */
export function openSearchIndex(url: string, { timeoutMs = SEARCH_TIMEOUT_MS } = {}) {
  const client = new Client({ node: url, maxRetries: 0, requestTimeout: timeoutMs })
  return {
    ping: () => client.ping(),

    exists: async (): Promise<boolean> => (await client.indices.existsAlias({ name: ALIAS })).body,

    async create(): Promise<void> {
      try {
        await client.indices.create(
          { index: INDEX, body: { settings, mappings, aliases: { [ALIAS]: {} } } },
          { requestTimeout: BULK_TIMEOUT_MS },
        )
      } catch (error) {
        if (!isResponse(error, 400) || !String(error).includes('resource_already_exists')) throw error
        await client.indices.putAlias({ index: INDEX, name: ALIAS })
      }
    },

    /** Writes or forgets each product unless the index has a newer version of it. */
    async write(writes: readonly IndexWrite[]): Promise<void> {
      const body = writes.flatMap(({ id, version, product }): object[] => {
        const target = { _id: id, version, version_type: 'external_gte' }
        return product ? [{ index: target }, product] : [{ delete: target }]
      })
      const answer = await client.bulk(
        { index: ALIAS, require_alias: true, body: body as Record<string, unknown>[] },
        { requestTimeout: BULK_TIMEOUT_MS },
      )
      const refused = answer.body.items
        .map((item) => item.index ?? item.delete)
        .find((result) => result && result.status >= 300 && result.status !== 409 && result.status !== 404)
      if (refused) throw new Error(`The index refused ${refused._id}: ${refused.error?.reason ?? refused.status}`)
    },

    async search(query: SearchQuery): Promise<SearchHits> {
      const { body } = await client.search({
        index: ALIAS,
        timeout: `${timeoutMs}ms`,
        _source: false,
        from: query.offset,
        size: query.limit,
        track_total_hits: true,
        body: {
          query: { bool: { filter: filtersOf(query), ...(query.q === undefined ? {} : matching(query.q)) } },
          sort: sorts[query.sort],
          aggs: {
            categories: { terms: { field: 'category', size: 50 } },
            prices: { range: { field: 'price_minor', ranges: priceRanges } },
          },
        },
      } as Parameters<typeof client.search>[0])
      return {
        ids: idsOf(body.hits.hits),
        total: typeof body.hits.total === 'number' ? body.hits.total : (body.hits.total?.value ?? 0),
        facets: facetsOf(body.aggregations as unknown as Aggregations),
      }
    },

    async suggest(prefix: string, limit: number): Promise<string[]> {
      const { body } = await client.search({
        index: ALIAS,
        timeout: `${timeoutMs}ms`,
        _source: false,
        size: limit,
        body: { query: { match_phrase_prefix: { name: { query: prefix, slop: 3, max_expansions: 50 } } } },
      })
      return idsOf(body.hits.hits)
    },

    /** How many products it holds; without an index, none. */
    async count(): Promise<number> {
      if (!(await client.indices.existsAlias({ name: ALIAS })).body) return 0
      return (await client.count({ index: ALIAS })).body.count
    },

    /** Every product it holds, in which version. */
    async listVersions(): Promise<{ id: string; version: number }[]> {
      const versions: { id: string; version: number }[] = []
      const page = { index: ALIAS, size: 5_000, scroll: '1m', version: true, _source: false, sort: ['_doc'] }
      const waiting = { requestTimeout: BULK_TIMEOUT_MS }
      if (!(await client.indices.existsAlias({ name: ALIAS })).body) return versions
      let { body } = await client.search(page as Parameters<typeof client.search>[0], waiting)
      while (body.hits.hits.length > 0) {
        for (const { _id: id, _version: version } of body.hits.hits) if (id && version) versions.push({ id, version })
        body = (await client.scroll({ body: { scroll: '1m', scroll_id: body._scroll_id as string } }, waiting)).body
      }
      await client.clearScroll({ body: { scroll_id: [body._scroll_id as string] } })
      return versions
    },

    /** Makes what was written visible to searches now rather than within a second. */
    refresh: () => client.indices.refresh({ index: ALIAS }),

    close: () => client.close(),
  }
}

/** A request the index understood and refused says nothing about its health. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof errors.ResponseError && (error.statusCode ?? 500) < 500 && error.statusCode !== 429

const isResponse = (error: unknown, status: number): boolean =>
  error instanceof errors.ResponseError && error.statusCode === status

const settings = {
  number_of_shards: 1,
  auto_expand_replicas: '0-1',
  analysis: { normalizer: { lower: { type: 'custom' as const, filter: ['lowercase'] } } },
}

const mappings = {
  dynamic: 'strict' as const,
  properties: {
    sku: { type: 'keyword' as const, normalizer: 'lower' },
    name: {
      type: 'text' as const,
      analyzer: 'english',
      fields: { exact: { type: 'keyword' as const, normalizer: 'lower' } },
    },
    description: { type: 'text' as const, analyzer: 'english' },
    category: { type: 'keyword' as const, fields: { text: { type: 'text' as const, analyzer: 'english' } } },
    attributes: { type: 'text' as const, analyzer: 'english' },
    price_minor: { type: 'long' as const },
    in_stock: { type: 'boolean' as const },
    created_at: { type: 'date' as const },
  },
}

// What a person typed is only ever compared with words: it never reaches a query language. Few words and few expansions
// keep the dearest query far below the engine's limit of clauses.
function matching(q: string) {
  const text = wordsOf(q).join(' ')
  const fields = ['name^3', 'category.text^2', 'description', 'attributes']
  return {
    minimum_should_match: 1,
    should: [
      { multi_match: { query: text, fields, fuzziness: 'AUTO', prefix_length: 1, max_expansions: 10 } },
      { multi_match: { query: text, fields, type: 'cross_fields', operator: 'and', boost: 3 } },
      { term: { sku: { value: q.trim(), boost: 20 } } },
    ],
  }
}

function filtersOf({ category, minPriceMinor, maxPriceMinor, inStock }: ProductFilters) {
  return [
    ...(category === undefined ? [] : [{ term: { category } }]),
    { range: { price_minor: { gte: minPriceMinor ?? 0, ...(maxPriceMinor !== undefined && { lte: maxPriceMinor }) } } },
    ...(inStock === undefined ? [] : [{ term: { in_stock: inStock } }]),
  ]
}

const sorts: Record<SearchSort, readonly Record<string, 'asc' | 'desc'>[]> = {
  relevance: [{ _score: 'desc' }, { created_at: 'desc' }, { sku: 'asc' }],
  newest: [{ created_at: 'desc' }, { sku: 'asc' }],
  price: [{ price_minor: 'asc' }, { sku: 'asc' }],
  '-price': [{ price_minor: 'desc' }, { sku: 'asc' }],
  name: [{ 'name.exact': 'asc' }, { sku: 'asc' }],
}

const priceRanges = PRICE_STEPS_MINOR.map((from, step) => {
  const to = PRICE_STEPS_MINOR[step + 1]
  return to === undefined ? { from } : { from, to }
})

type Aggregations = {
  categories: { buckets: { key: string; doc_count: number }[] }
  prices: { buckets: { from: number; to?: number; doc_count: number }[] }
}

const facetsOf = ({ categories, prices }: Aggregations): Facets => ({
  categories: categories.buckets.map(({ key, doc_count }) => ({ value: key, count: doc_count })),
  prices: prices.buckets.map(({ from, to, doc_count }) => ({ from, to: to ?? null, count: doc_count })),
})

const idsOf = (hits: readonly { _id?: string | undefined }[]): string[] => hits.flatMap(({ _id }) => _id ?? [])
