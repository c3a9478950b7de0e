import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Fault, World } from '../fault.ts'
import { between, pick } from '../random.ts'

const unavailable = async ({ running }: World) => (running.stack.redis ? undefined : 'this run has no Redis')

/** Nothing may be lost by any of these: Redis holds no truth. */
export const redisFaults: Fault[] = [
  {
    name: 'flush-redis',
    kind: 'storage',
    expectation: 'Redis forgets everything: keys of requests, orders and signed-out devices stay what they were.',
    weight: 0.5,
    unavailable,
    async inject(world) {
      await withRedis(world, (redis) => redis.flushall())
      return { what: 'FLUSHALL', holdMs: 0, heal: async () => {} }
    },
  },
  {
    name: 'pause-redis',
    kind: 'storage',
    expectation:
      'Redis answers nobody for a while: commands are given up after half a second and nobody waits for them.',
    weight: 0.5,
    unavailable,
    async inject(world, random) {
      const pausedMs = between(random, 1_000, 5_000)
      await withRedis(world, (redis) => redis.call('CLIENT', 'PAUSE', pausedMs, 'ALL'))
      return {
        what: `CLIENT PAUSE ${pausedMs} ALL`,
        holdMs: pausedMs,
        heal: () => withRedis(world, async (redis) => void (await redis.ping())),
      }
    },
  },
  {
    name: 'full-redis',
    kind: 'storage',
    expectation: 'Redis has no room: it refuses writes or forgets what it likes, and events are sent when it has some.',
    weight: 0.5,
    unavailable,
    async inject(world, random) {
      const policy = pick(random, ['noeviction', 'allkeys-random'])
      const before = await withRedis(world, async (redis) => {
        const settings = [
          ...pairsOf(await redis.config('GET', 'maxmemory')),
          ...pairsOf(await redis.config('GET', 'maxmemory-policy')),
        ]
        await redis.config('SET', 'maxmemory-policy', policy)
        await redis.config('SET', 'maxmemory', '1mb')
        return settings
      })
      return {
        what: `maxmemory 1mb, ${policy}`,
        holdMs: between(random, 2_000, 6_000),
        heal: () =>
          withRedis(world, async (redis) => {
            for (const [name, value] of before) await redis.config('SET', name, value)
          }),
      }
    },
  },
]

/** `config get` answers a name, its value, the next name, … */
function pairsOf(answer: unknown): [string, string][] {
  const words = answer as string[]
  return words.flatMap((word, place) =>
    place % 2 === 0 ? [[word, words[place + 1] as string] as [string, string]] : [],
  )
}

const reachableWithinMs = 60_000

/** It may be down by another fault; then it is waited for. */
async function withRedis<T>({ running }: World, work: (redis: Redis) => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + reachableWithinMs; ; await sleep(200)) {
    const redis = new Redis(running.stack.redis as string, {
      lazyConnect: true,
      retryStrategy: () => null,
      commandTimeout: 10_000,
    })
    redis.on('error', () => undefined)
    try {
      await redis.connect()
      return await work(redis)
    } catch (error) {
      if (Date.now() > deadline) throw error
    } finally {
      redis.disconnect()
    }
  }
}
