import { setTimeout as sleep } from 'node:timers/promises'
import { type GatewayLedger, type LedgerEntry, ledgerOf } from './gateway-client.ts'
import { money, type TemporalPlace } from './paid-order.ts'
import type { Answer, Customer, Order, Problem, Product, Shop, Staff } from './shop-client.ts'

/** An expectation that did not come true, and said so, ends its story and fails the demo. */
export class StoryFailed extends Error {
  override readonly name = 'StoryFailed'
}

export type Stage = ReturnType<typeof createStage>

export type Story = { title: string; play: (stage: Stage) => Promise<unknown> }

type Props = {
  shop: Shop
  staff: Staff
  /** For sale in this run of the demo only, so that its stock can be counted. */
  product: Product
  gatewayUrl: string
  /** Where the pretend suppliers are; without one, units are ordered by hand. */
  supplierUrl: string | undefined
  temporal: TemporalPlace
  print: (line: string) => void
}

/** What every story has at hand, and how it tells what it does, hears and expects. */
export function createStage({ print, gatewayUrl, ...props }: Props) {
  const stage = {
    ...props,
    say: (text: string) => print(`   ${text}`),

    /** What came back, in one line. */
    heard({ status, body, tookMs, replayed }: Answer<Order & Problem>): void {
      const what = body.code === undefined ? describe(body) : explain(body)
      print(`   → ${status} after ${tookMs} ms${replayed ? ' (replayed)' : ''}, ${what}`)
    },

    expect(promise: string, isKept: boolean, whatIs: unknown = 'not so'): void {
      if (isKept) return print(`   ✓ ${promise}`)
      print(`   ✗ ${promise}, but: ${typeof whatIs === 'string' ? whatIs : JSON.stringify(whatIs)}`)
      throw new StoryFailed(promise)
    },

    /** The gateway's own ledger is the witness: what it wrote down for the order, in its order. */
    async expectLedger(promise: string, orderId: string, types: GatewayLedger): Promise<void> {
      const isSo = (entries: LedgerEntry[]) => entries.map(({ type }) => type).join() === types.join()
      const entries = await inAMoment(() => ledgerOf(gatewayUrl, orderId), isSo)
      const told = entries.map((entry) => `${entry.type} ${money(entry)}`).join(', ') || 'nothing'
      stage.expect(`${promise} (gateway: ${told})`, isSo(entries), told)
    },

    async expectStock(promise: string, product: Product, available: number): Promise<void> {
      const isSo = (seen: Product) => seen.inventory.available === available
      const seen = await inAMoment(() => stage.shop.product(product.id), isSo)
      stage.expect(`${promise} (${seen.inventory.available} available)`, isSo(seen), seen.inventory)
    },

    available: async (): Promise<number> => (await stage.shop.product(stage.product.id)).inventory.available,

    expectOrder(promise: string, order: Order, status: string, paymentStatus: string): void {
      stage.expect(promise, order.status === status && order.payment_status === paymentStatus, describe(order))
    },

    /** Buys one unit of the demo's product and tells it. */
    async buyOne(customer: Customer, token: string, more: { capture?: 'manual'; key?: string } = {}) {
      stage.say(
        `A customer buys ${stage.product.name} for ${money(stage.product.price)} with ${token}${more.capture ? ', to be captured by hand' : ''}.`,
      )
      const answer = await customer.buy({ lines: [{ product: stage.product, quantity: 1 }], token, ...more })
      stage.heard(answer)
      return answer
    },

    /** For a story that goes on from an order: being refused is not part of it. */
    async orderOne(customer: Customer, token: string, more: { capture?: 'manual' } = {}): Promise<Order> {
      const { body } = await stage.buyOne(customer, token, more)
      stage.expect('the order is accepted', body.code === undefined, explain(body))
      return body
    },
  }
  return stage
}

const describe = (order: Order): string => `${order.id} is ${order.status}, payment ${order.payment_status}`

const explain = ({ code, decline_code, detail, title }: Problem): string =>
  `${code}${decline_code ? ` (${decline_code})` : ''}: ${detail ?? title ?? ''}`

/** An undo may still be on its way when the answer is heard. */
export async function inAMoment<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 10_000; ; await sleep(100)) {
    const seen = await look()
    if (isSo(seen) || Date.now() > deadline) return seen
  }
}
