import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { identityOf, send } from '../../stack/process-table.ts'
import type { Fault, World } from '../fault.ts'
import { between, pick } from '../random.ts'

/** To be among the `preload` modules of a stack whose event loops are to be blocked. */
export const blockWhenTold = fileURLToPath(new URL('../programs/block-when-told.ts', import.meta.url))

const eventLoopBlockedMs = 10_000

export const freezeFaults: Fault[] = [
  {
    name: 'zombie-worker',
    kind: 'process',
    expectation:
      'A worker sleeps longer than the engine waits for it: others carry its orders, and what it does when it wakes changes nothing.',
    unavailable: async (world) =>
      workersOf(world).length === 0 ? 'this run has no worker process of its own' : undefined,
    async inject(world, random) {
      const pid = pick(random, await untilSome(() => workersOf(world)))
      // Past the sticky queue's 2 s, the quick effects and a workflow task's 10 s.
      const holdMs = between(random, 11_000, 20_000)
      const identity = identityOf(pid)
      send(pid, 'SIGSTOP')
      return {
        what: `SIGSTOP of a worker for ${holdMs} ms, then SIGCONT (process ${pid})`,
        holdMs,
        heal: async () => {
          if (identityOf(pid) === identity) send(pid, 'SIGCONT')
        },
      }
    },
  },
  {
    name: 'block-event-loop',
    kind: 'process',
    expectation: 'A worker that computes for ten seconds loses its tasks to others; nothing is done twice.',
    unavailable: async (world) =>
      blockable(world).length === 0 ? 'no process of the shop was started to be blocked' : undefined,
    async inject(world, random) {
      const pid = pick(random, await untilSome(() => blockable(world)))
      send(pid, 'SIGUSR2')
      return {
        what: `event loop of the worker blocked for ${eventLoopBlockedMs / 1000} s (process ${pid})`,
        holdMs: eventLoopBlockedMs,
        heal: async () => {},
      }
    },
  },
  {
    name: 'busy-cpus',
    kind: 'process',
    expectation: 'Everything is slower while other work takes the processors; nothing fails that is not repeated well.',
    inject: async (_, random) => hogProcessors(between(random, 5_000, 12_000)),
  },
]

const workersOf = ({ running }: World): number[] =>
  running.stack.processes.filter(({ role }) => role === 'worker').map(({ pid }) => pid)

const blockable = (world: World): number[] =>
  workersOf(world).filter((pid) => {
    const file = `/proc/${pid}/cmdline`
    return existsSync(file) && readFileSync(file, 'utf8').includes(blockWhenTold)
  })

async function untilSome(look: () => number[], withinMs = 60_000): Promise<number[]> {
  for (const deadline = Date.now() + withinMs; ; await sleep(100)) {
    const found = look()
    if (found.length > 0) return found
    if (Date.now() > deadline) throw new Error('no process of that role is up')
  }
}

/** One busy child for each processor, which ends by itself whatever becomes of us. */
async function hogProcessors(holdMs: number) {
  const program = `for (const end = performance.now() + ${holdMs}; performance.now() < end; );`
  const hogs = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['--eval', program], { stdio: 'ignore' }),
  )
  const ended = hogs.map((hog) => once(hog, 'exit'))
  await Promise.all(hogs.map((hog) => once(hog, 'spawn')))
  return {
    what: `${hogs.length} processes that compute (${hogs.map(({ pid }) => pid).join(', ')})`,
    holdMs,
    heal: async () => {
      for (const hog of hogs) hog.kill('SIGKILL')
      await Promise.all(ended)
    },
  }
}
