import { type Answer, isKnown } from './network.ts'
import { type Deps, insist, soon } from './people.ts'
import { askForRefund, type RefundAsk } from './refund-desk.ts'
import { type ReturnAsk, sendBack } from './return-desk.ts'
import type { Scheduler } from './scheduler.ts'

/** What a shopper sent and heard under one key. */
export type Purchase = {
  userId: string
  key: string
  body: object
  productId: string
  quantity: number
  token: string
  answers: Answer[]
}

const TOKENS = [
  ...Array<string>(9).fill('tok_visa'),
  ...['tok_declined', 'tok_3ds', 'tok_3ds', 'tok_review', 'tok_risky', 'tok_late_decline', 'tok_late_decline'],
]
export const ADDRESS = {
  name: 'Ada Lovelace',
  line1: '12 Analytical St',
  city: 'London',
  postal_code: 'EC1A 1BB',
  country: 'GB',
}

/** What somebody wants: most often one unit of the product that everybody wants, or of any other. */
export function drawPurchase(
  scheduler: Scheduler,
  { key, customers, productIds }: { key: string; customers: readonly string[]; productIds: readonly string[] },
): Purchase {
  const productId = scheduler.chance(0.4) ? (productIds[0] as string) : scheduler.pick(productIds)
  const quantity = scheduler.chance(0.8) ? 1 : 2 + Math.floor(scheduler.random() * 3)
  const items = [{ product_id: productId, quantity }]
  // The same product twice, or another beside it.
  if (scheduler.chance(0.25)) items.push({ product_id: scheduler.pick(productIds), quantity: 1 })
  const token = scheduler.pick(TOKENS)
  const capture = scheduler.chance(0.25) ? 'manual' : 'automatic'
  const billing = scheduler.chance(0.1) ? { billing_address: { ...ADDRESS, line1: '1 Other St' } } : {}
  const body = { items, payment: { method: 'card', token, capture }, shipping_address: ADDRESS, ...billing }
  return { userId: scheduler.pick(customers), key, body, productId, quantity, token, answers: [] }
}

/** Buys, and repeats the request until the answer is known. */
export const buy = (deps: Deps, purchase: Purchase): Promise<Answer> =>
  insist(deps, { method: 'POST', path: '/v1/orders', ...purchase }, purchase.answers)

/** What becomes of an order after it was taken: people act on it, now and then against each other. */
export async function live(
  deps: Deps,
  purchase: Purchase,
  orderId: string,
  { refunds, returns }: { refunds: RefundAsk[]; returns: ReturnAsk[] },
): Promise<void> {
  const { scheduler, network, gateway, staffId } = deps
  const act = async (path: string, userId: string, body?: object) => {
    const key = `${path}-${scheduler.random()}`
    for (let attempt = 0; attempt < 4; attempt++) {
      const answer = await network.ask({
        method: 'POST',
        path: `/v1/orders/${orderId}/${path}`,
        userId,
        key,
        ...(body && { body }),
      })
      scheduler.count(`${path}: ${answer?.status ?? 'unheard'}`)
      if (isKnown(answer)) return answer
      await scheduler.pause('client waits', scheduler.between(200, 8_000))
    }
    return undefined
  }
  const shipment = { carrier: 'DHL', tracking_number: 'JD0146' }

  if (purchase.token === 'tok_3ds' && scheduler.chance(0.8)) {
    await soon(scheduler)
    const seen = await network.ask({ method: 'GET', path: `/v1/orders/${orderId}`, userId: purchase.userId })
    const intentId = seen?.body?.next_action?.payment_intent_id
    if (intentId) gateway.confirmAction(intentId, scheduler.chance(0.75))
  }
  if (purchase.token === 'tok_review' && scheduler.chance(0.85)) {
    await soon(scheduler)
    await act(scheduler.chance(0.7) ? 'approve' : 'reject', staffId)
  }
  const wishes: (() => Promise<unknown>)[] = []
  if (scheduler.chance(0.25)) wishes.push(() => act('cancel', scheduler.chance(0.7) ? purchase.userId : staffId))
  const comesBack = async () => {
    await soon(scheduler)
    await sendBack(deps, orderId, purchase.userId, returns)
  }
  if (scheduler.chance(0.45))
    wishes.push(async () => {
      if ((await act('shipments', staffId, shipment))?.status !== 201) return
      const parts: Promise<void>[] = []
      for (let more = 0.6; scheduler.chance(more); more = 0.25) parts.push(comesBack())
      await Promise.all(parts)
    })
  // Before it was sent out.
  if (scheduler.chance(0.03)) wishes.push(comesBack)
  if (scheduler.chance(0.3))
    wishes.push(async () => {
      await soon(scheduler)
      await act('deliveries', staffId)
    })
  for (let more = 0.35; scheduler.chance(more); more = 0.5) wishes.push(() => askForRefund(deps, orderId, refunds))
  const wanted = wishes.map(async (wish) => {
    await soon(scheduler)
    await wish()
  })
  await Promise.all(wanted)
}
