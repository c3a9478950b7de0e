import type { Faults } from './faults.ts'
import type { Scheduler } from './scheduler.ts'
import type { ShopProcess } from './shop.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- JSON, as a client without types sees it
export type Answer = { status: number; body: any; isReplayed: boolean }

export type Ask = { method: 'GET' | 'POST'; path: string; userId: string; key?: string; body?: object }

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
