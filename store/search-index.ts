import { Client, errors } from '@opensearch-project/opensearch'
import { type SearchHits, type SearchQuery, type SortValue, shortened } from '../domain/product-search.ts'
import { definition, fingerprint } from './search/definition.ts'
import { type Aggregations, facetAggregations, facetsIn, filtersOf, sorts } from './search/questions.ts'
import { relevanceOf } from './search/relevance.ts'
import { correctedText, spellingQuestion } from './search/spelling.ts'
import type { SynonymsFile } from './search/synonyms.ts'

/** A product as the index is to know it; without `product` it is to forget it. `version` decides which of two writes is newer. */
export type IndexWrite = { id: string; version: number; product?: IndexedProduct }

export type IndexedProduct = {
  sku: string
  name: string
  description: string
  category: string
  attributes: string
  facets: string[]
  price_minor: number
  popularity: number
  rating: number
  rating_count: number
  in_stock: boolean
  created_at: string
}

export type SearchIndex = ReturnType<typeof openSearchIndex>

type Options = {
  timeoutMs?: number
  synonyms?: SynonymsFile | undefined
  /** What readers call it. */
  name?: string
}

/** A search that takes longer is answered by PostgreSQL. */
export const SEARCH_TIMEOUT_MS = 1_000
const BULK_TIMEOUT_MS = 20_000

/** The index of this version of the shop. */
export const indexName = (name = 'products') => `${name}-${fingerprint}`

/**
 * The product index in OpenSearch. It holds nothing that could not be written again from the database. Readers ask an
 * alias, so that an index of another make can be filled beside the old one and take its place at once.
 */
export function openSearchIndex(url: string, options: Options = {}) {
  const { timeoutMs = SEARCH_TIMEOUT_MS, name: alias = 'products', synonyms } = options
  const client = new Client({ node: url, maxRetries: 0, requestTimeout: timeoutMs })
  const index = indexName(alias)
  // An alias of its own: a write to an index that has just been dropped is refused instead of making a new one.
  const writing = `${index}-writing`
  const patient = { requestTimeout: Math.max(BULK_TIMEOUT_MS, timeoutMs) }
  type SearchRequest = Parameters<typeof client.search>[0]

  const send = async (body: object) =>
    (await client.search({ index: alias, timeout: `${timeoutMs}ms`, body } as SearchRequest)).body

  /** Asks in the words that were typed; those the catalogue does not have are spelt as it does, and asked once more. */
  async function ask(q: string | undefined, rest: object, filter: object[] = [], strictly = false) {
    if (q === undefined) return send({ ...rest, query: { bool: { filter } } })
    const text = shortened(q)
    const phrasings = [text, ...(synonyms?.of(text) ?? [])].map((text) => ({ text, weight: 1 }))
    const query = (said: typeof phrasings) => ({ bool: { filter, must: relevanceOf(said, { strictly }) } })
    const answer = await send({ ...rest, query: query(phrasings), suggest: spellingQuestion(text) })
    const corrected = correctedText(text, answer.suggest)
    if (corrected === undefined) return answer
    const meant = [corrected, ...(synonyms?.of(corrected) ?? [])].map((text) => ({ text, weight: 1 }))
    return send({ ...rest, query: query([...phrasings, ...meant]) })
  }

  return {
    ping: () => client.ping(),

    /** Which synonyms questions are asked with at the moment. */
    synonymsEdition: () => synonyms?.edition() ?? '',

    /** Which one it is, if it is there: another one under the same name has another identity. */
    async identity(): Promise<string | undefined> {
      try {
        const { body } = await client.indices.getSettings({ index })
        return body[index]?.settings?.index?.uuid ?? undefined
      } catch (error) {
        if (isResponse(error, 404)) return undefined
        throw error
      }
    },

    async create(): Promise<void> {
      try {
        const body = { ...definition, aliases: { [writing]: {} } }
        await client.indices.create({ index, body } as Parameters<typeof client.indices.create>[0], patient)
      } catch (error) {
        if (!isResponse(error, 400) || !String(error).includes('resource_already_exists')) throw error
      }
    },

    isServing: async (): Promise<boolean> => (await client.indices.existsAlias({ index, name: alias })).body,

    /** From now on readers see this index; those that served before are dropped. */
    async serve(): Promise<void> {
      const earlier = await holdersOf(alias)
      await client.indices.updateAliases(
        { body: { actions: [{ remove: { index: '*', alias, must_exist: false } }, { add: { index, alias } }] } },
        patient,
      )
      const dropped = earlier.filter((other) => other !== index)
      if (dropped.length > 0) await client.indices.delete({ index: dropped, ignore_unavailable: true }, patient)
    },

    drop: () => client.indices.delete({ index, ignore_unavailable: true }, patient),

    /** Writes or forgets each product unless the index has a newer version of it. */
    async write(writes: readonly IndexWrite[]): Promise<void> {
      const body = writes.flatMap(({ id, version, product }): object[] => {
        const target = { _id: id, version, version_type: 'external_gte' }
        return product ? [{ index: target }, { id, ...product }] : [{ delete: target }]
      })
      const answer = await client.bulk(
        { index: writing, require_alias: true, body: body as Record<string, unknown>[] },
        patient,
      )
      const refused = answer.body.items
        .map((item) => item.index ?? item.delete)
        .find((result) => result && result.status >= 300 && result.status !== 409 && !isForgotten(result))
      if (refused) throw new Error(`The index refused ${refused._id}: ${refused.error?.reason ?? refused.status}`)
    },

    async search(query: SearchQuery): Promise<SearchHits> {
      const { after, limit, q } = query
      const isOurs = after?.engine === 'opensearch'
      const page = {
        _source: false,
        size: limit,
        ...(isOurs ? { search_after: after.last } : { from: after?.seen ?? 0 }),
        track_total_hits: true,
        sort: sorts[query.sort],
        aggs: facetAggregations,
      }
      const { hits, aggregations } = await ask(q, page, filtersOf(query), query.sort !== 'relevance')
      return {
        ids: idsOf(hits.hits),
        total: typeof hits.total === 'number' ? hits.total : (hits.total?.value ?? 0),
        isCapped: false,
        facets: facetsIn(aggregations as unknown as Aggregations),
        last: (hits.hits.at(-1)?.sort ?? []) as SortValue[],
      }
    },

    /** The best hits alone, of all products or of these. */
    async best(q: string, limit: number, among?: readonly string[]): Promise<string[]> {
      const filter = among ? [{ ids: { values: among } }] : []
      const { hits } = await ask(q, { _source: false, size: limit, sort: sorts.relevance }, filter)
      return idsOf(hits.hits)
    },

    async suggest(prefix: string, limit: number): Promise<string[]> {
      const query = { match_bool_prefix: { 'name.spoken': { query: shortened(prefix), operator: 'and' } } }
      const { hits } = await send({ _source: false, size: limit, query })
      return idsOf(hits.hits)
    },

    /** How many products it holds; without an index, none. */
    async count(): Promise<number> {
      if (!(await client.indices.existsAlias({ name: alias })).body) return 0
      return (await client.count({ index: alias })).body.count
    },

    /** Every product it holds, in which version. */
    async listVersions(): Promise<{ id: string; version: number }[]> {
      const versions: { id: string; version: number }[] = []
      const page = { index: alias, size: 5_000, scroll: '1m', version: true, _source: false, sort: ['_doc'] }
      if (!(await client.indices.existsAlias({ name: alias })).body) return versions
      let { body } = await client.search(page as SearchRequest, patient)
      while (body.hits.hits.length > 0) {
        for (const { _id: id, _version: version } of body.hits.hits) if (id && version) versions.push({ id, version })
        body = (await client.scroll({ body: { scroll: '1m', scroll_id: body._scroll_id as string } }, patient)).body
      }
      await client.clearScroll({ body: { scroll_id: [body._scroll_id as string] } })
      return versions
    },

    /** Makes what was written visible to searches now rather than within a second. */
    refresh: () => client.indices.refresh({ index: writing }, patient),

    close: () => client.close(),
  }

  async function holdersOf(name: string): Promise<string[]> {
    try {
      return Object.keys((await client.indices.getAlias({ name }, patient)).body)
    } catch (error) {
      if (isResponse(error, 404)) return []
      throw error
    }
  }
}

/** A request the index understood and refused says nothing about its health. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof errors.ResponseError && (error.statusCode ?? 500) < 500 && error.statusCode !== 429

const isResponse = (error: unknown, status: number): boolean =>
  error instanceof errors.ResponseError && error.statusCode === status

/** A product that was not there to be forgotten; an index that is not there is something else. */
const isForgotten = (result: { status: number; error?: unknown }): boolean => result.status === 404 && !result.error

const idsOf = (hits: readonly { _id?: string | undefined }[]): string[] => hits.flatMap(({ _id }) => _id ?? [])
