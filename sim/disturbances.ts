import { defaultPayloadConverter } from '@temporalio/common'
import type { Engine } from './engine/engine.ts'
import type { Faults } from './faults.ts'
import type { Scheduler } from './scheduler.ts'
import { kill, type ShopProcess } from './shop.ts'

type Disturbed = {
  scheduler: Scheduler
  faults: Faults
  processes: ShopProcess[]
  boot: (process: ShopProcess) => void
}

/** Kills and freezes processes at moments of the seed's choice. Returns how to end it: then all are up. */
export function disturb({ scheduler, faults, processes, boot }: Disturbed): () => Promise<void> {
  let isOver = false
  const downs = new Set<ShopProcess>()

  function plan(everyMs: number, label: string, act: (process: ShopProcess) => unknown): void {
    if (everyMs === 0) return
    scheduler.after(-Math.log(scheduler.random()) * everyMs, label, async () => {
      if (isOver) return
      const process = scheduler.pick(processes)
      if (process.isUp) await act(process)
      plan(everyMs, label, act)
    })
  }

  plan(faults.processes.killEveryMs, 'kill -9', async (process) => {
    scheduler.count('process killed')
    downs.add(process)
    await kill(process, scheduler)
    scheduler.after(scheduler.between(50, 6_000), `${process.name} is back`, () => {
      if (downs.delete(process)) boot(process)
    })
  })
  plan(faults.processes.freezeEveryMs, 'SIGSTOP', (process) => {
    scheduler.count('process frozen')
    process.frozenUntilMs = scheduler.nowMs + scheduler.between(500, 45_000)
  })

  function absence(of: { lostBefore: number } | { failsBefore: number }, name: string, lengthMs: number): void {
    if (lengthMs === 0) return
    scheduler.after(scheduler.between(500, 8_000), `${name} is away`, () => {
      if (isOver) return
      scheduler.count(`${name} away for long`)
      const before = { ...of }
      Object.assign(of, 'lostBefore' in of ? { lostBefore: 1 } : { failsBefore: 1 })
      scheduler.after(lengthMs, `${name} is back`, () => isOver || Object.assign(of, before))
    })
  }
  absence(faults.gateway, 'gateway', faults.outage.ofGatewayMs)
  absence(faults.suppliers, 'suppliers', faults.suppliers.awayMs)
  absence(faults.database, 'database', faults.outage.ofDatabaseMs)

  return () => {
    isOver = true
    for (const process of processes) {
      process.frozenUntilMs = Math.min(process.frozenUntilMs, scheduler.nowMs)
      if (downs.delete(process)) boot(process)
    }
    return Promise.resolve()
  }
}

type Meddled = { scheduler: Scheduler; engine: Engine; untilMs: number }

const signals: [string, unknown[]][] = [
  ['cancel', [{ reason: 'changed my mind' }]],
  ['cancel', []],
  ['ship', [{ carrier: 'UPS', tracking_number: '1Z' }]],
  ['ship', [{}]],
  ['deliver', []],
  ['approve', [{ by: 'ada' }]],
  ['reject', [{ by: 'ada', reason: 'no' }]],
  ['resolve', [{ action: 'retry' }]],
  ['deny', [{ by: 'ada', reason: 'worn' }]],
  ['receive', [{ quantity: 1 }]],
  ['receive', [{ items: [] }]],
  ['retry', [{ by: 'ada' }]],
  ['payment_news', []],
]

/** Operators with the temporal CLI: signals and cancellations, fitting or not. */
export function meddle({ scheduler, engine, untilMs }: Meddled): void {
  const everyMs = scheduler.between(300, 6_000)
  const stopMs = scheduler.nowMs + untilMs
  const next = (): unknown =>
    scheduler.after(-Math.log(scheduler.random()) * everyMs, 'an operator acts', () => {
      if (scheduler.nowMs > stopMs) return
      // A sweep that is cut short, in whatever way, is made good by the next.
      const running = [...engine.executions.values()].filter(
        ({ status, identity }) => status === 'running' && identity.type !== 'reorderSweep',
      )
      const execution = running.length > 0 ? scheduler.pick(running) : undefined
      if (execution && scheduler.chance(0.2)) {
        scheduler.count('workflow cancelled by an operator')
        engine.cancel(execution)
      } else if (execution) {
        const [name, args] = scheduler.pick(signals)
        scheduler.count(`signal ${name}`)
        engine.signal(
          execution,
          name,
          args.map((arg) => defaultPayloadConverter.toPayload(arg) as object),
        )
      }
      next()
    })
  next()
}
