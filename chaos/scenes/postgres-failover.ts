import type { Fault } from '../fault.ts'
import { openForwarder } from '../programs/forwarder.ts'
import { untilAnswering } from '../programs/postgres-processes.ts'
import { type ReplicatedPostgres, startReplicatedPostgres } from '../programs/replicated-postgres.ts'
import { between } from '../random.ts'
import { openOnOwnServers } from './own-servers.ts'
import type { Scene } from './scene.ts'

/** PostgreSQL with a standby that knows every commit before its client does, behind one address. */
export const postgresFailover: Scene = {
  name: 'postgres-failover',
  expectation:
    'The primary is lost for good and the standby takes its place: writes go on within 5 s, and nothing that was answered is lost.',
  async open(options) {
    const closers: Array<() => Promise<void>> = []
    const faults: Fault[] = []
    const running = await openOnOwnServers(options, async (site) => {
      const postgres = await startReplicatedPostgres(site, 'holdfast')
      const forwarder = await openForwarder(postgres.primary().port)
      closers.push(() => forwarder.close())
      faults.push(failover(postgres, (port) => forwarder.pointAt(port)))
      const url = new URL(postgres.primary().url)
      url.port = String(forwarder.port)
      return {
        environment: { DATABASE_URL: url.href },
        holderOf: (role) => (role === 'postgres' ? postgres.primary().process : undefined),
      }
    })
    return {
      running,
      faults,
      async close() {
        await running.stop()
        for (const close of closers) await close()
      },
    }
  },
}

const failover = (postgres: ReplicatedPostgres, moveAddress: (port: number) => void): Fault => ({
  name: 'failover-postgres',
  kind: 'process',
  expectation: 'kill -9 of the primary, which never comes back; the standby is promoted and has all that was answered.',
  weight: 2,
  async inject(world, random) {
    await world.running.whenUp('postgres')
    const startedAt = performance.now()
    const { from, to, promotedMs } = await postgres.failOver()
    moveAddress(to.port)
    await untilAnswering(world)
    const writableMs = Math.round(performance.now() - startedAt)
    return {
      what: `${from.name} lost, ${to.name} promoted after ${promotedMs} ms, writing after ${writableMs} ms`,
      // For a while it is alone, as after a real loss.
      holdMs: between(random, 1_000, 6_000),
      heal: () => postgres.standBy(),
    }
  },
})
