import { type Answer, insist } from '../../shopper/http.ts'
import type { Customer, Purchase } from '../../shopper/people.ts'
import type { MatrixShop } from './shop.ts'

/** One crash: who is there, with things of their own, so that rows which share a kill do not share anything else. */
export type Visit = {
  /** Of this row, and fit for workflow ids. */
  name: string
  shop: MatrixShop
  customer: Customer
  staff: Customer
  product: { id: string }
  key: string
  /** Everything is ready for the step that is hit. Goes on once all rows of the kill are. Beside the key, who is meant. */
  arm(...subjects: string[]): Promise<void>
}

/** The one right end, and what the gateway may have written down on the way there. */
export type Ending = {
  orderId: string
  status: string
  paymentStatus: string
  moves: string[]
  /** Units of the product that are gone from its shelf, of 100. */
  sold: 0 | 1
}

/** What happens in the shop, told by somebody who repeats what was not heard under the same key. Without an order: nothing to compare. */
export type Scenario = (visit: Visit) => Promise<Ending | undefined>

export const end = (orderId: string, status: string, paymentStatus: string, moves: string[], sold: 0 | 1): Ending => ({
  orderId,
  status,
  paymentStatus,
  moves,
  sold,
})
export const charged = ['authorization', 'capture']

export async function heard(send: () => Promise<Answer>, status: number): Promise<Answer> {
  const answer = await insist(send)
  if (answer.status !== status)
    throw new Error(`heard ${answer.status} ${JSON.stringify(answer.body)} instead of ${status}`)
  return answer
}

export const buy = ({ customer, product, key }: Visit, status: number, purchase: Purchase = {}) =>
  heard(() => customer.buy(product, { key, ...purchase }), status)

/** An order that stands before the step, bought in peace and with nothing left to do by itself. */
export async function ordered(visit: Visit, status: number, purchase: Purchase = {}): Promise<string> {
  const { body } = await buy(visit, status, purchase)
  await atRest(visit, body.id)
  return body.id as string
}

export const atRest = ({ shop }: Visit, orderId: string) =>
  shop.eventually('the order has nothing left to do', () => shop.isAtRest(orderId))

export const ask = (who: Customer, visit: Visit, orderId: string, action: string, status: number, body: object = {}) =>
  heard(() => who.ask('POST', `/v1/orders/${orderId}/${action}`, body, visit.key), status)
