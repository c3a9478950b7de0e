import type { GatewayFaults } from './gateway.ts'
import type { LineFaults } from './line.ts'
import type { DatabaseFaults } from './postgres.ts'
import type { Scheduler } from './scheduler.ts'
import type { RpcFaults } from './temporal-client.ts'

/** How likely each kind of trouble is in a world. They are turned off by setting them to nothing, when it must come to rest. */
export type Faults = {
  gateway: GatewayFaults
  database: DatabaseFaults & { announcementLost: number }
  rpc: RpcFaults
  engine: { evictions: number }
  http: { lostBefore: number; lostAfter: number }
  /** One long absence: longer than an order waits for its payment, sometimes. */
  outage: { ofGatewayMs: number; ofDatabaseMs: number }
  /** Mean time between two, in virtual milliseconds; none when it is 0. */
  processes: { killEveryMs: number; freezeEveryMs: number }
  /** `awayMs`: one absence of all of them. */
  suppliers: LineFaults & { awayMs: number }
}

/** Every world has troubles of its own: some few, some many, and seldom all of them at once. */
export function drawFaults(scheduler: Scheduler): Faults {
  const often = (most: number): number => {
    const mood = scheduler.random()
    return mood < 0.4 ? 0 : mood < 0.8 ? scheduler.random() * most * 0.3 : scheduler.random() * most
  }
  const line = (): LineFaults => ({
    lostBefore: often(0.3),
    lostAfter: often(0.3),
    busy: often(0.3),
    late: often(0.2),
    doubled: often(0.3),
  })
  return {
    gateway: {
      ...line(),
      refusesUndo: often(0.3),
      noticeLost: often(0.5),
      // In most worlds: disputes are few, and a second notice of one has to be met all the same.
      noticeDoubled: scheduler.random(),
    },
    database: {
      failsBefore: often(0.1),
      failsAfter: often(0.1),
      slow: often(0.05),
      announcementLost: often(0.6),
    },
    rpc: { lostBefore: often(0.15), lostAfter: often(0.15), slow: often(0.05) },
    engine: { evictions: often(0.5) },
    http: { lostBefore: often(0.2), lostAfter: often(0.2) },
    outage: {
      ofGatewayMs: scheduler.chance(0.15) ? scheduler.between(10_000, 25 * 60_000) : 0,
      ofDatabaseMs: scheduler.chance(0.15) ? scheduler.between(10_000, 25 * 60_000) : 0,
    },
    processes: {
      killEveryMs: scheduler.chance(0.6) ? scheduler.between(300, 8_000) : 0,
      freezeEveryMs: scheduler.chance(0.4) ? scheduler.between(1_500, 20_000) : 0,
    },
    suppliers: { ...line(), awayMs: scheduler.chance(0.15) ? scheduler.between(5_000, 5 * 60_000) : 0 },
  }
}

export function endFaults(faults: Faults): void {
  for (const group of Object.values(faults) as Record<string, number>[])
    for (const name of Object.keys(group)) group[name] = 0
}
