import { Client, Connection } from '@temporalio/client'
import { orderWorkflowId } from '../domain/ids.ts'
import { percentile } from '../shopper/http.ts'
import { against, type Figure, plain } from './figures.ts'
import { cpuBetween, type CpuMs, cpuOf, memoryMb } from './processes.ts'
import type { Round } from './load/checkouts.ts'
import type { NoopTask } from './noop/process.ts'
import type { Stage } from './stage.ts'
import { interleaved, median } from './rounds.ts'

export const RATE_GOAL = 0.7
export const LATENCY_GOAL = 1.5

/** Whole requests to paid orders, against workflows that do nothing, asked by as many at once. */
export async function measureCheckouts(stage: Stage): Promise<Figure[]> {
  const figures: Figure[] = []
  await warmUp(stage)
  for (const atOnce of [1, 8, 32]) {
    const { floor, product, start } = await checkoutRounds(stage, { atOnce, products: 'many' })
    const of = atOnce === 1 ? '1 shopper' : `${atOnce} shoppers`
    figures.push(rateOf(`checkouts, ${of}`, floor, product))
    stage.say(`  ${of}: the floor is a no-op started ${start === 'eager' ? 'eagerly' : 'plainly'}`)
    if (atOnce === 1)
      figures.push(
        latencyOf('checkout latency p50, 1 shopper', 50, floor, product),
        latencyOf('checkout latency p95, 1 shopper', 95, floor, product),
      )
  }
  const hot = await checkoutRounds(stage, { atOnce: 8, products: 'one' })
  figures.push(plain('checkouts of one product, 8 shoppers', median(hot.product.map(perSecond)), '/s'))
  figures.push(...(await measureCost(stage)))
  return figures
}

const perSecond = (round: Round) => round.perSecond

export const rateOf = (name: string, floor: Round[], product: Round[]): Figure =>
  against({
    name,
    unit: '/s',
    goal: RATE_GOAL,
    value: median(product.map(perSecond)),
    floor: median(floor.map(perSecond)),
  })

type Latencies = Pick<Round, 'latenciesMs'>

export const latencyOf = (name: string, of100: number, floor: Latencies[], product: Latencies[]): Figure =>
  against({
    name,
    unit: 'ms',
    goal: LATENCY_GOAL,
    value: median(product.map(({ latenciesMs }) => percentile(latenciesMs, of100))),
    floor: median(floor.map(({ latenciesMs }) => percentile(latenciesMs, of100))),
  })

export async function warmUp({ shoppers, noops, plan, quiet }: Stage): Promise<void> {
  const durationMs = plan.warmUpMs
  await shoppers.ask({ atOnce: 8, durationMs, products: 'many' })
  for (const what of ['plain', 'eager'] as const) await noops.ask({ what, atOnce: 8, durationMs: durationMs / 2 })
  await quiet()
}

export async function checkoutRounds(
  stage: Stage,
  { atOnce, products }: { atOnce: number; products: 'many' | 'one' },
): Promise<{ floor: Round[]; product: Round[]; start: NoopTask['what'] }> {
  const { noops, shoppers, plan, quiet } = stage
  const start = await fasterStart(stage, atOnce)
  const rounds = await interleaved(plan.rounds, {
    floor: () => noops.ask({ what: start, atOnce, durationMs: plan.roundMs }),
    product: async () => {
      const round = await shoppers.ask({ atOnce, durationMs: plan.roundMs, products })
      await quiet()
      return round
    },
  })
  return { ...rounds, start }
}

async function fasterStart({ noops, plan }: Stage, atOnce: number): Promise<NoopTask['what']> {
  const durationMs = Math.max(plan.roundMs / 2, 1_000)
  const plain = await noops.ask({ what: 'plain', atOnce, durationMs })
  const eager = await noops.ask({ what: 'eager', atOnce, durationMs })
  return eager.perSecond >= plain.perSecond ? 'eager' : 'plain'
}

/** What one checkout uses of each process, told events included. */
async function measureCost({ running, probe, shoppers, plan, quiet, database, say }: Stage): Promise<Figure[]> {
  const before = { cpu: cpuOf(running.stack), statements: sum(await probe.statements()) }
  const { completed } = await shoppers.ask({ atOnce: 8, durationMs: plan.roundMs * 2, products: 'many' })
  await quiet()
  const cpu = cpuBetween(before.cpu, cpuOf(running.stack))
  const statements = sum(await probe.statements()) - before.statements
  say(`  cost of a checkout: over ${completed} of them, 8 shoppers`)

  const { rows } = await database.query<{ id: string }>('select id from orders order by id desc limit 20')
  const histories = await historiesOf(
    running.stack.temporal,
    rows.map(({ id }) => id),
  )
  const api = running.stack.processes.find(({ role }) => role === 'api')?.pid as number
  return [
    ...Object.entries(cpuNames).map(([role, name]) =>
      plain(`processor time a checkout, ${name}`, (cpu[role as keyof CpuMs] ?? 0) / completed, 'ms'),
    ),
    plain('processor time a checkout, all', sum(cpu) / completed, 'ms'),
    plain('memory of API and worker', memoryMb(api), 'MB'),
    plain('statements to PostgreSQL a checkout', statements / completed, ''),
    plain('history events a checkout', median(histories.map(({ events }) => events)), ''),
    plain('history bytes a checkout', median(histories.map(({ bytes }) => bytes)), ''),
  ]
}

const cpuNames = {
  api: 'API and worker',
  temporal: 'Temporal',
  postgres: 'PostgreSQL',
  gateway: 'gateway',
  redis: 'Redis',
}

async function historiesOf({ address, namespace }: { address: string; namespace: string }, orderIds: string[]) {
  const connection = await Connection.connect({ address })
  const { workflow } = new Client({ connection, namespace })
  try {
    const described = await Promise.all(orderIds.map((id) => workflow.getHandle(orderWorkflowId(id)).describe()))
    return described.map(({ historyLength, historySize }) => ({ events: historyLength, bytes: historySize ?? 0 }))
  } finally {
    await connection.close()
  }
}

const sum = (parts: Record<string, number>): number => Object.values(parts).reduce((all, part) => all + part, 0)
