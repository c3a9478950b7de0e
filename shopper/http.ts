import { setTimeout as sleep } from 'node:timers/promises'

export type Answer = { status: number; headers: Headers; body: any; replayed: boolean; tookMs: number }

export type Ask = {
  body?: unknown
  /** Sent as it is. */
  rawBody?: string
  token?: string | undefined
  key?: string | undefined
  headers?: Record<string, string>
}

export type Call = (method: string, path: string, ask?: Ask) => Promise<Answer>

/** The shop's front door, as anybody's program reaches it. */
export const callTo =
  (baseUrl: string): Call =>
  async (method, path, { body, rawBody, token, key, headers } = {}) => {
    const sent = rawBody ?? (body === undefined ? undefined : JSON.stringify(body))
    const startedAt = performance.now()
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: {
        ...(sent !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(key !== undefined && { 'idempotency-key': key }),
        ...headers,
      },
      ...(sent !== undefined && { body: sent }),
      signal: AbortSignal.timeout(40_000),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
      replayed: response.headers.get('idempotency-replayed') === 'true',
      tookMs: Math.round(performance.now() - startedAt),
    }
  }

/** `first` is what the first send brought. */
export type Insisted = Answer & { repeats: number; first: number | 'lost' }

/**
 * Asks the way a careful client does: what was not heard, or is not decided, is sent again under the same key. `repeats` is
 * how often that was needed.
 */
export async function insist(send: () => Promise<Answer>, withinMs = 90_000): Promise<Insisted> {
  let [repeats, first] = [0, 'lost' as Insisted['first']]
  for (const deadline = Date.now() + withinMs; ; repeats++) {
    const answer = await send().catch((error: Error) => error)
    if (repeats === 0 && !(answer instanceof Error)) first = answer.status
    if (!(answer instanceof Error) && isDecided(answer)) return { ...answer, repeats, first }
    if (Date.now() > deadline)
      throw new Error(
        `Not decided after ${withinMs / 1000} s and ${repeats} repeats: ${answer instanceof Error ? answer.message : `${answer.status} ${JSON.stringify(answer.body)}`}`,
      )
    await sleep(150)
  }
}

const isDecided = ({ status, body }: Answer): boolean => {
  // Then it is for a person to decide.
  if (status === 202)
    return [body.next_action, body.review_until, body.approval_until].some((asked) => asked !== undefined)
  return status < 500 || body?.code === 'payment_unavailable'
}

/** Maps with so many at work at once. */
export async function inParallel<Item, Result>(
  items: Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length)
  let next = 0
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++)
      results[index] = await work(items[index] as Item, index)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  return results
}

export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

/** How many of each: `{ '201': 50, '409': 150 }`. */
export function tally(names: (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** The value below which so many of a hundred lie. */
export function percentile(values: number[], of100: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * of100) / 100))] ?? 0
}
