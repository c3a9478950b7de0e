import { randomUUID } from 'node:crypto'
import { createTokens } from '../../api/authentication.ts'
import { type Answer, callTo } from '../../shopper/http.ts'
import { type Customer, customerOf } from '../../shopper/people.ts'
import { closedLoop } from '../closed-loop.ts'
import { answerTasks, settingsOfHelper } from '../helper-process.ts'
import { customerIds, managerId, productIds } from '../stocked-shop.ts'

/** What is asked for, once its order is paid or its product has nothing on the way. */
export type Afterwards =
  | 'cancellation'
  | 'refund'
  | 'shipment'
  | 'return'
  | 'receipt of a return'
  | 'order of units'
  | 'receipt of units'
export type AfterwardsTask = { asked: Afterwards; atOnce: number; durationMs: number }
export type AfterwardsSettings = { api: string; jwtSecret: string }

const { api, jwtSecret } = settingsOfHelper<AfterwardsSettings>()
const call = callTo(api)
const tokens = createTokens(jwtSecret)
const caller = async (id: string) => customerOf(call, { id, email: '' }, await tokens.issue({ id, tokenVersion: 0 }))
let next = 0

/** Only what is `timed` counts: what has to be there first, and what is cleared away for the next, does not. */
type Timed = (ask: () => Promise<Answer>) => Promise<string>
type Visit = { customer: Customer; manager: Customer; product: string; timed: Timed }

const UNITS = 5
const inUnits = { quantity: UNITS }

const visits: Record<Afterwards, (visit: Visit) => Promise<unknown>> = {
  cancellation: async ({ customer, product, timed }) => {
    const id = await buy(customer, product)
    await timed(() => customer.cancel(id))
  },
  refund: async ({ customer, manager, product, timed }) => {
    const id = await buy(customer, product)
    const part = { amount: { amount: 100, currency: 'USD' }, reason: 'goodwill' }
    await timed(() => manager.ask('POST', `/v1/orders/${id}/refunds`, part))
  },
  shipment: async ({ customer, manager, product, timed }) => {
    const id = await buy(customer, product)
    await timed(() => manager.ship(id))
  },
  return: async ({ customer, manager, product, timed }) => {
    const order = await buyAndShip(customer, manager, product)
    await timed(() => sendBack(customer, order, product))
  },
  'receipt of a return': async ({ customer, manager, product, timed }) => {
    const order = await buyAndShip(customer, manager, product)
    const id = await idOf(sendBack(customer, order, product))
    await idOf(manager.ask('POST', `/v1/returns/${id}/approve`, {}, randomUUID()))
    const items = [{ product_id: product, quantity: 1, restock: true }]
    await timed(() => manager.ask('POST', `/v1/returns/${id}/receipts`, { items }, randomUUID()))
  },
  'order of units': async ({ manager, product, timed }) => {
    const id = await timed(() => orderUnits(manager, product))
    await idOf(receive(manager, id))
  },
  'receipt of units': async ({ manager, product, timed }) => {
    const id = await idOf(orderUnits(manager, product))
    await timed(() => receive(manager, id))
  },
}

const buy = (customer: Customer, id: string) => idOf(customer.buy({ id }))
const sendBack = (customer: Customer, order: string, product: string) => {
  const items = [{ product_id: product, quantity: 1 }]
  return customer.ask('POST', `/v1/orders/${order}/returns`, { items, reason: 'too big' }, randomUUID())
}
const orderUnits = (manager: Customer, product: string) =>
  manager.ask('POST', '/v1/replenishments', { product_id: product, ...inUnits })
const receive = (manager: Customer, id: string) =>
  manager.ask('POST', `/v1/replenishments/${id}/receipts`, inUnits, randomUUID())

async function buyAndShip(customer: Customer, manager: Customer, product: string): Promise<string> {
  const order = await buy(customer, product)
  await idOf(manager.ship(order))
  return order
}

async function idOf(asked: Promise<Answer>): Promise<string> {
  const { status, body } = await asked
  // Anything but what was asked for is not what is measured here, and would look fast.
  if (status !== 200 && status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body.id as string
}

answerTasks(async ({ asked, atOnce, durationMs }: AfterwardsTask): Promise<number[]> => {
  const [manager, ...customers] = await Promise.all([managerId, ...customerIds].map(caller))
  const latenciesMs: number[] = []
  const timed: Timed = async (ask) => {
    const askedAt = performance.now()
    const id = await idOf(ask())
    latenciesMs.push(performance.now() - askedAt)
    return id
  }
  const once = async () => {
    const turn = next++
    const [customer, product] = [customers[turn % customers.length], productIds[turn % productIds.length]]
    await visits[asked]({
      customer: customer as Customer,
      manager: manager as Customer,
      product: product as string,
      timed,
    })
  }
  await closedLoop({ atOnce, durationMs, once })
  return latenciesMs
})
