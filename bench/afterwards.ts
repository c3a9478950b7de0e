import { latencyOf } from './checkout.ts'
import type { Figure } from './figures.ts'
import { startHelper } from './helper-process.ts'
import type { Afterwards, AfterwardsTask } from './load/afterwards.ts'
import type { NoopTask } from './noop/process.ts'
import { interleaved } from './rounds.ts'
import type { Stage } from './stage.ts'

/** Each against the workflow that does nothing in the same way: one that is started, or one that waits and is asked. */
const floors: Record<Afterwards, NoopTask['what']> = {
  cancellation: 'request',
  refund: 'eager',
  shipment: 'request',
  return: 'eager',
  'receipt of a return': 'request',
  'order of units': 'eager',
  'receipt of units': 'request',
}

/** What may follow a checkout, one at a time, against workflows that do nothing. */
export async function measureAfterwards({ running, jwtSecret, noops, plan, quiet }: Stage): Promise<Figure[]> {
  const helper = await startHelper<AfterwardsTask, number[]>('load/afterwards.ts', {
    api: running.stack.api,
    jwtSecret,
  })
  const durationMs = plan.roundMs
  const figures: Figure[] = []
  try {
    for (const asked of Object.keys(floors) as Afterwards[]) {
      await helper.ask({ asked, atOnce: 1, durationMs: plan.warmUpMs / 2 })
      const { floor, product } = await interleaved(plan.rounds, {
        floor: () => noops.ask({ what: floors[asked], atOnce: 1, durationMs }),
        product: async () => {
          const latenciesMs = await helper.ask({ asked, atOnce: 1, durationMs })
          await quiet()
          return { latenciesMs }
        },
      })
      figures.push(latencyOf(`${asked}, latency p50`, 50, floor, product))
    }
    return figures
  } finally {
    await helper.end()
  }
}
