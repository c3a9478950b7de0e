import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { isExecutable, onPath } from '../command.ts'
import { inOneSentence } from '../failure.ts'
import type { Say } from '../progress.ts'
import type { Site } from '../site.ts'
import type { Supervised } from '../supervisor.ts'
import { aptInstall } from './apt.ts'

export type RedisServer = { url: string; process?: Supervised }

const without = 'events wait in PostgreSQL until it is there; everything else works'

/** Undefined when it cannot be had: Redis is an accelerator, and the shop goes on without it. */
export async function startRedis(site: Site): Promise<RedisServer | undefined> {
  let redis: RedisServer | undefined
  await site.report.step('Redis', async (say) => {
    const given = site.environment.REDIS_URL
    try {
      if (given) {
        await roundTrip(given).catch(() => {
          throw new Error('REDIS_URL is set, but no Redis answers there')
        })
        redis = { url: given }
        return `✓ Redis at ${new URL(given).host}, from REDIS_URL`
      }
      const program = await resolveRedis(site, say)
      if (!program)
        return `- Redis is not here (no redis-server on PATH, and no apt-get as root to install it): ${without}`
      redis = await startServer(site, program.file)
      return `✓ Redis at ${new URL(redis.url).host}, ${program.from}`
    } catch (failure) {
      return `- Redis is not used (${inOneSentence(failure)}): ${without}`
    }
  })
  return redis
}

async function resolveRedis(site: Site, say: Say): Promise<{ file: string; from: string } | undefined> {
  const find = () => onPath('redis-server', site.environment) ?? ['/usr/bin/redis-server'].find(isExecutable)
  const present = find()
  if (present) return { file: present, from: 'on PATH' }
  say('installing redis-server with apt-get')
  if (!(await aptInstall('redis-server', site))) return undefined
  const installed = find()
  return installed ? { file: installed, from: 'installed by apt-get' } : undefined
}

async function startServer(site: Site, program: string): Promise<RedisServer> {
  const folder = join(site.dataDir, 'redis')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const port = await site.port(6379, 'Redis')
  const url = `redis://127.0.0.1:${port}`
  const process = await site.run({
    name: 'redis',
    roles: ['redis'],
    command: program,
    args: `--port ${port} --bind 127.0.0.1 --daemonize no --appendonly yes --appendfsync everysec`
      .split(' ')
      .concat('--save', '', '--dir', folder),
    cwd: folder,
    verify: () => roundTrip(url),
    readyWithinMs: 20_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
    advice: `The shop goes on without it. When ${folder} is damaged it may be deleted: what it holds is kept in PostgreSQL too.`,
  })
  return { url, process }
}

async function roundTrip(url: string): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 3_000,
    commandTimeout: 3_000,
  })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    const word = `${process.pid}-${Date.now()}`
    await redis.set('holdfast:stack:round-trip', word, 'EX', 60)
    if ((await redis.get('holdfast:stack:round-trip')) !== word) throw new Error('it answered with another value')
  } finally {
    redis.disconnect()
  }
}
