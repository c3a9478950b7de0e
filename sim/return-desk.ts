import { type Answer, isKnown } from './network.ts'
import { type Deps, insist, soon } from './people.ts'

/** What somebody wanted to send back under one key, and all that was heard of it; then the parcels that came of it. */
export type ReturnAsk = { key: string; answers: Answer[]; parcels: { quantity: number; answers: Answer[] }[] }

type SeenOrder = { items: { product_id: string; quantity: number }[] }

/**
 * Goods come back: staff consent or do not, parcels come with some of the units, with too many or
 * not at all, and the customer may think better of it meanwhile.
 */
export async function sendBack(deps: Deps, orderId: string, userId: string, asks: ReturnAsk[]): Promise<void> {
  const { scheduler, network, staffId, approverId } = deps
  const { body: order } = (await network.ask({ method: 'GET', path: `/v1/orders/${orderId}`, userId })) ?? {}
  if (!order?.items) return
  const line = scheduler.pick((order as SeenOrder).items)
  const quantity = scheduler.chance(0.6) ? line.quantity : 1 + Math.floor(scheduler.random() * (line.quantity + 0.5))
  const ask: ReturnAsk = { key: `return-${asks.length}`, answers: [], parcels: [] }
  asks.push(ask)
  const items = [{ product_id: line.product_id, quantity }]
  const request = { method: 'POST', path: `/v1/orders/${orderId}/returns`, key: ask.key } as const
  const by = scheduler.chance(0.8) ? userId : staffId
  const { status, body } = await insist(deps, { ...request, userId: by, body: { items, reason: 'odd' } }, ask.answers)
  scheduler.count(`return: ${status} ${body?.code ?? body?.status}`)
  if (status !== 201) return

  const act = async (what: string, actorId: string, said: object, answers: Answer[] = []) => {
    await soon(scheduler)
    const path = `/v1/returns/${body.id}/${what}`
    const key = `${what}-${scheduler.random()}`
    const { status: code, body: now } = await insist(
      deps,
      { method: 'POST', path, userId: actorId, key, body: said },
      answers,
    )
    scheduler.count(`return ${what}: ${code} ${now?.code ?? now?.status}`)
  }
  const isDecided = scheduler.chance(0.9)
  if (isDecided) await act(scheduler.chance(0.85) ? 'approve' : 'deny', scheduler.pick([staffId, approverId]), {})
  const comes = () => {
    const units = 1 + Math.floor(scheduler.random() * quantity)
    const parcel = { quantity: units, answers: [] }
    ask.parcels.push(parcel)
    const came = [{ product_id: line.product_id, quantity: units, restock: scheduler.chance(0.6) }]
    return act('receipts', staffId, { items: came }, parcel.answers)
  }
  const doings = Array.from({ length: Math.floor(scheduler.random() * 4) }, comes)
  if (scheduler.chance(0.15)) doings.push(act('cancel', userId, {}))
  await Promise.all(doings)
  if (!scheduler.chance(0.3)) return
  await soon(scheduler)
  const retried = await network.ask({ method: 'POST', path: `/v1/returns/${body.id}/retry`, userId: staffId })
  scheduler.count(`return retry: ${isKnown(retried) ? retried.status : 'unheard'}`)
}
