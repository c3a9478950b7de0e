import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { send } from '../../stack/process-table.ts'
import type { Role } from '../../stack/stack-file.ts'
import type { Fault, World } from '../fault.ts'
import { between, happens, pick } from '../random.ts'

type Victim = { role: Role; costs: string; weight?: number }

const victims: Victim[] = [
  { role: 'api', costs: 'its connections break; repeats with the same key go on', weight: 2 },
  { role: 'worker', costs: 'its orders wait for another worker or its successor', weight: 2 },
  { role: 'temporal', costs: 'checkouts are 503 and nothing is half done; reading goes on', weight: 1.5 },
  { role: 'postgres', costs: 'everything is 503; nothing that was answered is lost', weight: 2 },
  { role: 'redis', costs: 'nothing that a customer notices; events reach their streams later', weight: 0.7 },
  { role: 'opensearch', costs: 'search answers from PostgreSQL', weight: 0.3 },
  { role: 'gateway', costs: 'checkouts are 202 and go on by themselves; nothing is charged twice', weight: 1.5 },
]

const upWithinMs = 180_000

const runsNone = (role: Role) => async (world: World) =>
  processesOf(world, role).length > 0 ? undefined : `this run has no ${role} process of its own`

export const processesOf = ({ running }: World, role: Role): number[] =>
  running.stack.processes.filter((process) => process.role === role).map(({ pid }) => pid)

/** Every process of the role serves again, the one that was ended by another pid. */
export async function backWithout(world: World, role: Role, count: number, ended: readonly number[]): Promise<void> {
  for (const deadline = Date.now() + upWithinMs; ; await sleep(50)) {
    const now = processesOf(world, role)
    if (now.length >= count && !now.some((pid) => ended.includes(pid))) return
    if (Date.now() > deadline) throw new Error(`${role} is not back after ${upWithinMs / 1_000} s`)
  }
}

/** Who serves now; one that is down because of another fault is waited for. */
async function present(world: World, role: Role): Promise<number[]> {
  await backWithout(world, role, 1, [])
  return processesOf(world, role)
}

const kill = ({ role, costs, weight = 1 }: Victim): Fault => ({
  name: `kill-${role}`,
  kind: 'process',
  expectation: `kill -9 of ${article(role)} ${role} process: ${costs}`,
  weight,
  unavailable: runsNone(role),
  async inject(world, random) {
    const before = await present(world, role)
    // At once back by its supervisor, or away for a while.
    const staysAway = happens(random, 50)
    const awayMs = between(random, 500, 4_000)
    const victim = pick(random, [0, 1, 2, 3])
    if (staysAway && before.length === 1 && isAlone(world, role)) {
      await world.running.halt(role, 'SIGKILL')
      const what = `kill -9 of ${role} (process ${before.join(', ')}), away for ${awayMs} ms`
      return { what, holdMs: awayMs, heal: () => world.running.resume(role) }
    }
    const pid = before[victim % before.length] as number
    send(pid, 'SIGKILL')
    return {
      what: `kill -9 of ${role} (process ${pid})`,
      holdMs: 0,
      heal: () => backWithout(world, role, before.length, [pid]),
    }
  },
})

const freeze = ({ role, weight = 1 }: Victim): Fault => ({
  name: `freeze-${role}`,
  kind: 'process',
  expectation: `SIGSTOP, later SIGCONT of ${article(role)} ${role}: connections hang, and what it held when it froze goes on late without harm`,
  weight: weight / 2,
  unavailable: runsNone(role),
  async inject(world, random) {
    const holdMs = happens(random, 15) ? between(random, 6_000, 9_000) : between(random, 500, 4_000)
    const all = await present(world, role)
    const pid = all[pick(random, [0, 1, 2, 3]) % all.length] as number
    const family = [pid, ...childrenOf(pid)]
    for (const each of family) send(each, 'SIGSTOP')
    return {
      what: `SIGSTOP of ${role} (process ${pid}${family.length > 1 ? ` and its ${family.length - 1} children` : ''}) for ${holdMs} ms`,
      holdMs,
      async heal() {
        for (const each of family) send(each, 'SIGCONT')
      },
    }
  },
})

/** PostgreSQL is many processes; a postmaster alone that stands still stops nobody. */
function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return children.trim().split(/\s+/).filter(Boolean).map(Number)
  } catch {
    return []
  }
}

const everything: Fault = {
  name: 'kill-everything',
  kind: 'process',
  expectation:
    'kill -9 of every process of the shop at once, as when the machine loses power: all of it comes back and every promise holds',
  weight: 0.5,
  async inject(world) {
    const before = world.running.stack.processes.filter(({ role }) => role !== 'opensearch')
    const pids = [...new Set(before.map(({ pid }) => pid))]
    for (const pid of pids) send(pid, 'SIGKILL')
    return {
      what: `kill -9 of ${pids.length} processes at once`,
      holdMs: 0,
      async heal() {
        const roles = [...new Set(before.map(({ role }) => role))]
        const count = (role: Role) => before.filter((process) => process.role === role).length
        await Promise.all(roles.map((role) => backWithout(world, role, count(role), pids)))
      },
    }
  },
}

const deploy = (role: 'api' | 'worker'): Fault => ({
  name: `deploy-${role}`,
  kind: 'deploy',
  expectation: `every ${role} process is ended politely and started anew, one after the other, under load: what it holds is finished or handed over`,
  unavailable: runsNone(role),
  async inject(world) {
    const before = await present(world, role)
    const rolling = roll(world, role, before)
    rolling.catch(() => undefined)
    return { what: `rolling restart of ${before.length} ${role} processes`, holdMs: 0, heal: () => rolling }
  },
})

async function roll(world: World, role: Role, pids: number[]): Promise<void> {
  for (const pid of pids) {
    send(pid, 'SIGTERM')
    await backWithout(world, role, pids.length, [pid])
  }
}

/** No other role lives in its process, so that it may be left down. */
const isAlone = (world: World, role: Role): boolean => {
  const { processes } = world.running.stack
  return !processes.some((process) => process.role !== role && processesOf(world, role).includes(process.pid))
}

const article = (role: string) => (/^[ao]/.test(role) ? 'an' : 'a')

export const processFaults: Fault[] = [
  ...victims.map(kill),
  ...victims.map(freeze),
  everything,
  deploy('api'),
  deploy('worker'),
]
