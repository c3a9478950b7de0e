import { Client } from '@opensearch-project/opensearch'
import { DEPTH } from '../../domain/search-quality.ts'
import type { IndexWrite } from '../../store/search-index.ts'

const text = { type: 'text' as const, analyzer: 'english' }
const patient = { requestTimeout: 120_000 }

/** What anyone gets from OpenSearch without a thought: stemmed BM25 over the same fields, the best of them counts. */
export function openPlainSearch(url: string, index: string) {
  const client = new Client({ node: url, maxRetries: 0, requestTimeout: 120_000 })
  return {
    create: () =>
      client.indices.create(
        {
          index,
          body: {
            settings: { number_of_shards: 1, number_of_replicas: 0 },
            mappings: { dynamic: false, properties: { name: text, description: text, category: text } },
          },
        },
        patient,
      ),
    async write(writes: readonly IndexWrite[]): Promise<void> {
      const body = writes.flatMap(({ id, product }) => [
        { index: { _id: id } },
        { name: product?.name, description: product?.description, category: product?.category },
      ])
      const answer = await client.bulk({ index, body }, patient)
      if (answer.body.errors) throw new Error('OpenSearch refused a plain document')
    },
    async best(q: string, among?: readonly string[]): Promise<string[]> {
      const must = { multi_match: { query: q, fields: ['name', 'description', 'category'] } }
      const filter = among ? [{ ids: { values: [...among] } }] : []
      const { body } = await client.search({
        index,
        _source: false,
        size: DEPTH,
        body: { query: { bool: { must, filter } } },
      } as Parameters<typeof client.search>[0])
      return body.hits.hits.flatMap(({ _id }) => _id ?? [])
    },
    refresh: () => client.indices.refresh({ index }, patient),
    drop: () => client.indices.delete({ index, ignore_unavailable: true }, patient),
    close: () => client.close(),
  }
}
