import { randomUUID } from 'node:crypto'
import autocannon, { type Request } from 'autocannon'
import { createTokens } from '../../api/authentication.ts'
import { orderOf } from '../../shopper/people.ts'
import { answerTasks, settingsOfHelper } from '../helper-process.ts'
import { customerIds, productIds, soldOutProductId } from '../stocked-shop.ts'

export type Asked = 'hello' | 'product' | 'product page' | 'sold out' | 'search'
export type RequestTask = { asked: Asked; atOnce: number; durationMs: number }
export type RequestRound = { perSecond: number }
export type RequestSettings = { api: string; jwtSecret: string }

const { api, jwtSecret } = settingsOfHelper<RequestSettings>()
const tokens = createTokens(jwtSecret)

const requestsFor: Record<Asked, () => Promise<Request[]>> = {
  // It passes the same middleware as every route and asks nobody anything.
  hello: async () => [get('/health/live')],
  product: async () => productIds.map((id) => get(`/v1/products/${id}`)),
  'product page': async () => productIds.map((id) => get(`/v1/products/${id}/page`)),
  'sold out': async () => [await soldOut()],
  search: async () => [get('/v1/search?q=harbour%20lamp&limit=20')],
}
const expectedStatus: Record<Asked, string> = {
  hello: '200',
  product: '200',
  'product page': '200',
  'sold out': '409',
  search: '200',
}

answerTasks(async ({ asked, atOnce, durationMs }: RequestTask): Promise<RequestRound> => {
  const requests = await requestsFor[asked]()
  const duration = Math.max(1, Math.round(durationMs / 1_000))
  const result = await autocannon({ url: api, connections: atOnce, duration, requests })
  const answers = Object.keys(result.statusCodeStats)
  const expected = expectedStatus[asked]
  // Any other answer is not what is measured here, and would look fast.
  if (result.errors > 0 || answers.some((status) => status !== expected) || answers.length === 0)
    throw new Error(`${asked}: ${result.errors} errors, ${JSON.stringify(result.statusCodeStats)}`)
  return { perSecond: (result.statusCodeStats[expected]?.count ?? 0) / result.duration }
})

function get(path: string): Request {
  return { method: 'GET', path }
}

async function soldOut(): Promise<Request> {
  const shoppers = await Promise.all(customerIds.map((id) => tokens.issue({ id, tokenVersion: 0 })))
  let next = 0
  return {
    method: 'POST',
    path: '/v1/orders',
    body: JSON.stringify(orderOf([{ product_id: soldOutProductId, quantity: 1 }])),
    setupRequest: (request) => ({
      ...request,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${shoppers[next++ % shoppers.length]}`,
        'idempotency-key': randomUUID(),
      },
    }),
  }
}
