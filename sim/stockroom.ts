import type { Answer } from './network.ts'
import { type Deps, insist, soon } from './people.ts'

/** A delivery that somebody reported under one key, and all that was heard of it. */
export type Delivery = { replenishmentId: string; quantity: number; key: string; answers: Answer[] }

/** Units are ordered for a shelf and come in parts: some too many, some reported twice, some after it was called off. */
export async function replenish(deps: Deps, productId: string, deliveries: Delivery[]): Promise<void> {
  const { scheduler, network, staffId } = deps
  const wanted = 1 + Math.floor(scheduler.random() * 8)
  const answers: Answer[] = []
  const ordered = await insist(
    deps,
    {
      method: 'POST',
      path: '/v1/replenishments',
      userId: staffId,
      key: `replenish-${scheduler.random()}`,
      body: { product_id: productId, quantity: wanted },
    },
    answers,
  )
  scheduler.count(`replenishment: ${ordered.status} ${ordered.body?.code ?? ordered.body?.status}`)
  if (ordered.status !== 201) return
  const replenishmentId = ordered.body.id as string

  const comes = async () => {
    await soon(scheduler)
    const quantity = 1 + Math.floor(scheduler.random() * wanted)
    const delivery: Delivery = { replenishmentId, quantity, key: `delivery-${scheduler.random()}`, answers: [] }
    deliveries.push(delivery)
    const path = `/v1/replenishments/${replenishmentId}/receipts`
    const ask = { method: 'POST' as const, path, userId: staffId, key: delivery.key, body: { quantity } }
    const { status, body } = await insist(deps, ask, delivery.answers)
    scheduler.count(`delivery: ${status} ${body?.code ?? body?.status}`)
  }
  const isCalledOff = async () => {
    await soon(scheduler)
    const path = `/v1/replenishments/${replenishmentId}/cancel`
    const key = `call-off-${scheduler.random()}`
    const answer = await network.ask({ method: 'POST', path, userId: staffId, key, body: {} })
    scheduler.count(`replenishment called off: ${answer?.status ?? 'unheard'}`)
  }
  const parts = Array.from({ length: 1 + Math.floor(scheduler.random() * 4) }, comes)
  await Promise.all(scheduler.chance(0.3) ? [...parts, isCalledOff()] : parts)
}
