import type { Answer } from './network.ts'
import { type Deps, insist, soon } from './people.ts'

/** What somebody asked back of an order under one key, and all that was heard of it. */
export type RefundAsk = { orderId: string; key: string; answers: Answer[] }

/** Staff give money back, some of it, for some lines, or all, while others do the same; another one decides where it waits. */
export async function askForRefund(deps: Deps, orderId: string, asks: RefundAsk[]): Promise<void> {
  const { scheduler, network, staffId, approverId } = deps
  const { body: order } = (await network.ask({ method: 'GET', path: `/v1/orders/${orderId}`, userId: staffId })) ?? {}
  if (!order?.items) return
  const ask = { orderId, key: `refund-${asks.length}`, answers: [] }
  asks.push(ask)
  const path = `/v1/orders/${orderId}/refunds`
  const body = { ...wishFor(deps, order), reason: 'arrived broken' }
  const { status, body: refund } = await insist(
    deps,
    { method: 'POST', path, userId: staffId, key: ask.key, body },
    ask.answers,
  )
  scheduler.count(`refund: ${status} ${refund?.code ?? refund?.status}`)
  if (status !== 202) return
  for (const decision of scheduler.chance(0.2) ? ['reject', 'approve'] : ['approve']) {
    if (scheduler.chance(0.15)) continue
    const by = scheduler.chance(0.15) ? staffId : approverId
    await soon(scheduler)
    const decided = await network.ask({
      method: 'POST',
      path: `/v1/refunds/${refund.id}/${decision}`,
      userId: by,
      body: {},
    })
    scheduler.count(`refund ${decision}: ${decided?.status ?? 'unheard'}`)
  }
}

type SeenOrder = { total: { amount: number; currency: string }; items: { product_id: string; quantity: number }[] }

function wishFor({ scheduler }: Deps, { total, items }: SeenOrder): object {
  const kind = scheduler.random()
  if (kind < 0.25) return {}
  const line = scheduler.pick(items)
  const quantity = 1 + Math.floor(scheduler.random() * line.quantity)
  const lines = { items: [{ product_id: line.product_id, quantity, restock: scheduler.chance(0.6) }] }
  if (kind < 0.6) return lines
  const amount = { amount: Math.ceil(scheduler.random() * 1.1 * total.amount), currency: total.currency }
  return kind < 0.9 ? { amount } : { amount, ...lines }
}
