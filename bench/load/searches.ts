import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { openSearchIndex } from '../../store/search-index.ts'
import { answerTasks, settingsOfHelper } from '../helper-process.ts'
import { searchableWords } from '../stored-shop.ts'

/** One search after another, each for other words. */
export type SearchTask = { of: 'shop' | 'opensearch'; from: number; count: number }
export type SearchSettings = { api: string; openSearch: string }

type Sent = { url: URL; method: string; body?: string }

const { api, openSearch } = settingsOfHelper<SearchSettings>()
const agent = new Agent({ keepAlive: true })
const LIMIT = 20

answerTasks(async ({ of, from, count }: SearchTask): Promise<number[]> => {
  const latenciesMs: number[] = []
  for (let n = from; n < from + count; n++) {
    const q = wordsOf(n)
    const sent = of === 'shop' ? { url: shopSearch(q), method: 'GET' } : await sameQuery(q)
    const startedAt = performance.now()
    const { status, answer } = await send(sent)
    latenciesMs.push(performance.now() - startedAt)
    if (status !== 200 || (of === 'shop' && !answer.includes('"engine":"opensearch"')))
      throw new Error(`${status} ${answer.slice(0, 500)}`)
  }
  return latenciesMs
})

function wordsOf(n: number): string {
  const { makers, nouns, colours, adjectives } = searchableWords
  const pick = (words: readonly string[], place: number) => words[Math.floor(place) % words.length]
  const [maker, noun] = [pick(makers, n), pick(nouns, n / makers.length)]
  return `${maker} ${noun} ${pick(n % 2 === 0 ? colours : adjectives, n / makers.length / nouns.length)}`
}

function shopSearch(q: string): URL {
  return new URL(`/v1/search?${new URLSearchParams({ q, limit: String(LIMIT) })}`, api)
}

/** What the shop's own client sends for this search, caught on its way; sent by hand it costs no client library. */
async function sameQuery(q: string): Promise<Sent> {
  let caught: Omit<Sent, 'url'> & { path: string } = { path: '', method: '' }
  const catcher = createServer(async (asked, response) => {
    caught = { path: asked.url ?? '', method: asked.method ?? '', body: await text(asked) }
    response.setHeader('content-type', 'application/json')
    const aggregations = { categories: { buckets: [] }, prices: { buckets: [] }, attributes: { buckets: [] } }
    response.end(JSON.stringify({ hits: { hits: [], total: 0 }, aggregations }))
  })
  await once(catcher.listen(0, '127.0.0.1'), 'listening')
  const index = openSearchIndex(`http://127.0.0.1:${(catcher.address() as AddressInfo).port}`)
  await index.search({ q, sort: 'relevance', limit: LIMIT })
  await index.close()
  catcher.close()
  return { url: new URL(caught.path, openSearch), method: caught.method, body: caught.body ?? '' }
}

function send({ url, method, body }: Sent): Promise<{ status: number; answer: string }> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const asked = request(url, { method, agent, headers }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject)
    })
    asked.once('error', reject)
    asked.end(body)
  })
}
