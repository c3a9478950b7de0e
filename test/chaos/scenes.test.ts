import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { reckon } from '../../chaos/checks/index.ts'
import type { Fault, World } from '../../chaos/fault.ts'
import { randomOf } from '../../chaos/random.ts'
import type { CheckRecord } from '../../chaos/record.ts'
import { scenes } from '../../chaos/scenes/index.ts'
import { openTraffic } from '../../chaos/traffic/index.ts'
import { withoutGivenServers } from '../../stack/given-servers.ts'
import { openDatabase } from '../../store/database.ts'

vi.setConfig({ testTimeout: 900_000 })

const calmMs = 8_000
const closers: Array<() => unknown> = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

test('a lost primary of PostgreSQL takes no answered order with it, twice over', async () => {
  const { injected } = await play('postgres-failover', ['failover-postgres', 'failover-postgres'])
  for (const { what } of injected) {
    const [, writableMs] = /writing after (\d+) ms/.exec(what) ?? []
    expect(Number(writableMs), what).toBeLessThan(5_000)
  }
})

test('orders go on through a later version of the workflows and through two broken ones', async () => {
  const { wordsOf } = await play('new-code', ['deploy-nondeterministic', 'deploy-later-version', 'deploy-poisoned'])
  expect(wordsOf('stack', 'worker'), 'some order was stuck').toMatch(/TMPRL1100/)
  expect(wordsOf('stack', 'worker'), 'some order met the mistake').toMatch(/Cannot read properties of undefined/)
})

const temporal = scenes.find(({ name }) => name === 'temporal-on-postgres')
test.skipIf(await temporal?.unavailable?.())('Temporal may lose its own writes, and its process', async () => {
  const { wordsOf } = await play('temporal-on-postgres', [])
  expect(wordsOf('stack-servers', 'temporal')).toMatch(/fault injection error/)
})

/** Traffic on the scene, its faults one after the other, and every promise once all is quiet. */
async function play(name: string, faultNames: string[]) {
  const scene = scenes.find((each) => each.name === name)
  if (!scene) throw new Error(`there is no scene ${name}`)
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-scene-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  const environment = withoutGivenServers(process.env)
  const opened = await scene.open({
    dataDir: join(folder, 'stack'),
    port: 0,
    environment,
    without: ['opensearch'],
    apiProcesses: 1,
    workers: 2,
    env: { WEBHOOK_ALLOW_PRIVATE: 'yes' },
  })
  closers.push(() => opened.close())
  const { running, faults } = opened
  const database = openDatabase({ url: running.stack.postgres, poolSize: 4, onError: () => {} })
  closers.push(() => database.end())

  const traffic = await openTraffic(running.stack, { seed: 11, shoppers: 6, perSecond: 8, races: 0 })
  let isEnough = false
  const shopping = traffic.run(() => isEnough)
  await sleep(calmMs)
  const world: World = { running, network: undefined, database, folder }
  const injected = []
  for (const [place, faultName] of faultNames.entries()) {
    const fault = faults.find((each) => each.name === faultName) as Fault
    const done = await fault.inject(world, randomOf(11, faultName, place))
    await sleep(done.holdMs)
    await done.heal()
    injected.push(done)
    await sleep(calmMs)
  }
  isEnough = true
  await shopping
  const { checks } = await reckon({ database, stack: running.stack, traffic, redisKeepsSince: undefined })
  const all = [...checks, ...((await opened.checks?.()) ?? [])]
  expect(all.filter(isBroken)).toEqual([])
  const statuses = traffic.history.operations.flatMap(({ sends }) => sends.map(({ heard }) => heard?.status))
  expect(statuses, 'trouble is told as trouble, never as a mistake').not.toContain(500)
  expect(traffic.history.operations.filter(({ kind }) => kind === 'checkout').length).toBeGreaterThan(20)
  /** All that the processes of one name wrote into their logs. */
  const wordsOf = (state: string, process: string) => {
    const logs = join(folder, state, 'logs')
    const files = readdirSync(logs).filter((file) => file.startsWith(process))
    return files.map((file) => readFileSync(join(logs, file), 'utf8')).join('')
  }
  return { injected, wordsOf }
}

const isBroken = ({ violations }: CheckRecord) => violations.length > 0
