import type { Faults } from './faults.ts'
import type { Gateway } from './gateway.ts'
import type { Scheduler } from './scheduler.ts'
import type { ShopProcess } from './shop.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- JSON, as a client without types sees it
export type Answer = { status: number; body: any; isReplayed: boolean }

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

type Ask = { method: 'GET' | 'POST'; path: string; userId: string; key?: string; body?: object }

export type Network = ReturnType<typeof createNetwork>

const HTTP_TIMEOUT_MS = 20_000

/** The way from the outside to the shop: a request may not arrive, its answer may not, and the process may die over it. */
export function createNetwork(scheduler: Scheduler, processes: ShopProcess[], faults: Faults) {
  return {
    /** The answer, or nothing: then it is not known what came of it. */
    ask({ method, path, userId, key, body }: Ask): Promise<Answer | undefined> {
      return new Promise((resolve) => {
        const giveUp = scheduler.after(HTTP_TIMEOUT_MS, 'client gives up', () => resolve(undefined))
        if (scheduler.chance(faults.http.lostBefore)) return scheduler.count('request lost')
        scheduler.after(scheduler.latencyMs(), `${method} ${path}`, () => {
          const up = processes.filter(({ isUp }) => isUp)
          if (up.length === 0) return resolve(undefined)
          const process = scheduler.pick(up)
          void scheduler.as(process, async () => {
            const response = await process.app.request(path, {
              method,
              headers: {
                authorization: `Bearer ${userId}`,
                ...(key !== undefined && { 'idempotency-key': key }),
                ...(body && { 'content-type': 'application/json' }),
              },
              ...(body && { body: JSON.stringify(body) }),
            })
            const text = await response.text()
            scheduler.afterHere(scheduler.latencyMs(), `${path} answered ${response.status}`, () => {
              if (scheduler.chance(faults.http.lostAfter)) return scheduler.count('answer lost')
              giveUp()
              const isReplayed = response.headers.get('idempotency-replayed') === 'true'
              resolve({ status: response.status, body: text === '' ? undefined : JSON.parse(text), isReplayed })
            })
          })
        })
      })
    },
  }
}

/** An answer that says how it ended, or that it has not. */
export const isKnown = (answer: Answer | undefined): answer is Answer => answer !== undefined && answer.status < 500

type Deps = { scheduler: Scheduler; network: Network; gateway: Gateway; staffId: string }

/** Buys, and repeats the request until the answer is known; some repeat it out of impatience, at the same time. */
export async function buy({ scheduler, network }: Deps, purchase: Purchase): Promise<Answer> {
  const { userId, key, body } = purchase
  const send = async () => {
    const answer = await network.ask({ method: 'POST', path: '/v1/orders', userId, key, body })
    if (isKnown(answer)) purchase.answers.push(answer)
    return answer
  }
  for (let patienceMs = 6_000; ; patienceMs = Math.min(patienceMs * 2, 300_000)) {
    if (scheduler.chance(0.1)) {
      scheduler.count('request sent twice at once')
      void send()
    }
    const answer = await send()
    if (isKnown(answer)) return answer
    scheduler.count('request repeated')
    await scheduler.pause('client waits', scheduler.between(100, patienceMs))
  }
}

/** What becomes of an order after it was taken: people act on it, now and then against each other. */
export async function live(deps: Deps, purchase: Purchase, orderId: string): Promise<void> {
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
  const soon = () =>
    scheduler.pause('client thinks', scheduler.chance(0.3) ? scheduler.latencyMs() : scheduler.between(10, 60_000))
  const shipment = { carrier: 'DHL', tracking_number: 'JD0146' }

  if (purchase.token === 'tok_3ds' && scheduler.chance(0.8)) {
    await soon()
    const seen = await network.ask({ method: 'GET', path: `/v1/orders/${orderId}`, userId: purchase.userId })
    const intentId = seen?.body?.next_action?.payment_intent_id
    if (intentId) gateway.confirmAction(intentId, scheduler.chance(0.75))
  }
  if (purchase.token === 'tok_review' && scheduler.chance(0.85)) {
    await soon()
    await act(scheduler.chance(0.7) ? 'approve' : 'reject', staffId)
  }
  const wishes: (() => Promise<unknown>)[] = []
  if (scheduler.chance(0.25)) wishes.push(() => act('cancel', scheduler.chance(0.7) ? purchase.userId : staffId))
  if (scheduler.chance(0.45)) wishes.push(() => act('shipments', staffId, shipment))
  if (scheduler.chance(0.3))
    wishes.push(async () => {
      await soon()
      await act('deliveries', staffId)
    })
  const wanted = wishes.map(async (wish) => {
    await soon()
    await wish()
  })
  await Promise.all(wanted)
}
