import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAlive } from '../../stack/process-table.ts'
import { type Gateway, startGateway } from '../../stack/servers/gateway.ts'
import { type Postgres, startPostgres } from '../../stack/servers/postgres.ts'
import { type RedisServer, startRedis } from '../../stack/servers/redis.ts'
import { openSite, type Site } from '../../stack/site.ts'
import type { Supervised } from '../../stack/supervisor.ts'

let dataDir: string
let site: Site
let postgres: Postgres
let redis: RedisServer | undefined
let gateway: Gateway
const lines: string[] = []

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'holdfast-servers-'))
  await open()
})
afterAll(async () => {
  await site.close()
  rmSync(dataDir, { recursive: true })
})

test('an acknowledged write outlives a killed database, on the same port', async () => {
  await query('create table promise (words text)')
  await query(`insert into promise values ('kept')`)
  const before = await killed(postgres.process)
  const after = await postgres.process?.whenUp()
  expect(after).not.toBe(before)
  expect(await query('select words from promise')).toEqual([{ words: 'kept' }])
  expect(lines).toContainEqual(expect.stringContaining(`postgres (process ${before}) was ended by SIGKILL`))
})

test('a killed Redis comes back with what it was given', async () => {
  if (!redis) return // not to be had on this machine
  await withRedis((client) => client.set('promise', 'kept'))
  await new Promise((resolve) => setTimeout(resolve, 1_100)) // it syncs its log every second
  await killed(redis.process)
  await redis.process?.whenUp()
  expect(await withRedis((client) => client.get('promise'))).toBe('kept')
})

test('a killed payment gateway answers again at the same address', async () => {
  await killed(gateway.process)
  await gateway.process?.whenUp()
  expect((await fetch(`${gateway.url}/health`)).status).toBe(200)
})

test('a server that is halted stays away until it is wanted again', async () => {
  await gateway.process?.halt('SIGKILL')
  await expect(fetch(`${gateway.url}/health`)).rejects.toThrow()
  expect(gateway.process?.pid()).toBeUndefined()
  await gateway.process?.resume()
  expect((await fetch(`${gateway.url}/health`)).status).toBe(200)
})

test('a stop leaves no process behind, and the next start finds everything as it was', async () => {
  const pids = site.processes.map((each) => each.pid() as number)
  await site.close()
  expect(pids.filter(isAlive)).toEqual([])
  await open()
  expect(await query('select words from promise')).toEqual([{ words: 'kept' }])
})

test('a database whose files are damaged is named, and nothing is made over it', async () => {
  const broken = mkdtempSync(join(tmpdir(), 'holdfast-broken-'))
  const other = await openSite({ dataDir: broken })
  try {
    await (await startPostgres(other)).process?.stop()
    const data = join(broken, 'postgres', 'data')
    writeFileSync(join(data, 'PG_VERSION'), 'nonsense\n')
    const files = readdirSync(data).length
    await expect(startPostgres(other)).rejects.toThrow(/was made by PostgreSQL "nonsense"/)
    expect(readdirSync(data)).toHaveLength(files)
  } finally {
    await other.close()
    rmSync(broken, { recursive: true })
  }
})

async function open() {
  site = await openSite({ dataDir, onLine: (line) => lines.push(line), environment: { PATH: process.env.PATH } })
  ;[postgres, redis, gateway] = await Promise.all([
    startPostgres(site),
    startRedis(site),
    startGateway(site, { webhookUrl: 'http://127.0.0.1:9/v1/webhooks/payments' }),
  ])
}

const killed = (process: Supervised | undefined) => (process as Supervised).kill()

async function query(text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: postgres.url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

async function withRedis<T>(work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(redis?.url as string)
  try {
    return await work(client)
  } finally {
    client.disconnect()
  }
}
