import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { createTokens } from '../../api/authentication.ts'
import { orderOf } from '../../shopper/people.ts'
import { closedLoop, type Round } from '../closed-loop.ts'
import { answerTasks, settingsOfHelper } from '../helper-process.ts'
import { customerIds, productIds } from '../stocked-shop.ts'

/** `one`: everybody wants the same product. */
export type CheckoutTask = { atOnce: number; durationMs: number; products: 'many' | 'one' }
export type CheckoutSettings = { api: string; jwtSecret: string }
export type { Round }

const { api, jwtSecret } = settingsOfHelper<CheckoutSettings>()
const url = new URL('/v1/orders', api)
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const tokens = createTokens(jwtSecret)
let next = 0

answerTasks(async ({ atOnce, durationMs, products }: CheckoutTask) => {
  const shoppers = await Promise.all(customerIds.map((id) => tokens.issue({ id, tokenVersion: 0 })))
  return closedLoop({
    atOnce,
    durationMs,
    once: async () => {
      const turn = next++
      const product = products === 'one' ? 0 : turn % productIds.length
      await checkOut(shoppers[turn % shoppers.length] as string, productIds[product] as string)
    },
  })
})

async function checkOut(token: string, productId: string): Promise<void> {
  const body = JSON.stringify(orderOf([{ product_id: productId, quantity: 1 }]))
  const { status, answer } = await post(body, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    authorization: `Bearer ${token}`,
    'idempotency-key': randomUUID(),
  })
  // Anything but a paid order is not what is measured here, and would look fast.
  if (status !== 201 || !answer.includes('"status":"paid"')) throw new Error(`${status} ${answer}`)
}

function post(body: string, headers: Record<string, string>): Promise<{ status: number; answer: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent, headers }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject)
    })
    asked.once('error', reject)
    asked.end(body)
  })
}
