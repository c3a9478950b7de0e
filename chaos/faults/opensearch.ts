import { setTimeout as sleep } from 'node:timers/promises'
import { Client, errors } from '@opensearch-project/opensearch'
import type { Fault, World } from '../fault.ts'
import { between } from '../random.ts'

const ALIAS = 'products'

const unavailable = async ({ running }: World) => (running.stack.opensearch ? undefined : 'this run has no OpenSearch')

export const openSearchFaults: Fault[] = [
  {
    name: 'delete-index',
    kind: 'storage',
    expectation: 'The search index is gone: search is answered by PostgreSQL until the next sweep has written it anew.',
    weight: 0.5,
    unavailable,
    async inject(world) {
      const names = await withOpenSearch(world, async (client) => {
        const { body } = await client.indices.get({ index: ALIAS })
        const names = Object.keys(body)
        await client.indices.delete({ index: names.join(',') })
        return names
      })
      return { what: `DELETE of the index ${names?.join(', ') ?? '(there was none)'}`, holdMs: 0, heal: async () => {} }
    },
  },
  {
    name: 'read-only-index',
    kind: 'storage',
    expectation: 'The search index takes no writes: search finds what it knew, and learns the rest afterwards.',
    weight: 0.5,
    unavailable,
    async inject(world, random) {
      await block(world, true)
      return {
        what: 'index.blocks.write = true',
        holdMs: between(random, 3_000, 10_000),
        heal: () => block(world, null),
      }
    },
  },
]

const block = async (world: World, write: boolean | null): Promise<void> => {
  await withOpenSearch(world, (client) =>
    client.indices.putSettings({ index: ALIAS, body: { index: { blocks: { write } } } as Record<string, unknown> }),
  )
}

const reachableWithinMs = 180_000

/** It may be down by another fault; then it is waited for. Undefined when the index is not there. */
async function withOpenSearch<T>({ running }: World, work: (client: Client) => Promise<T>): Promise<T | undefined> {
  const client = new Client({ node: running.stack.opensearch, maxRetries: 0, requestTimeout: 10_000 })
  try {
    for (const deadline = Date.now() + reachableWithinMs; ; await sleep(500)) {
      try {
        return await work(client)
      } catch (error) {
        if (error instanceof errors.ResponseError && error.statusCode === 404) return undefined
        if (Date.now() > deadline) throw error
      }
    }
  } finally {
    await client.close()
  }
}
