import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onPath } from '../../stack/command.ts'
import type { Fault, World } from '../fault.ts'
import { debianPackage } from '../programs/debian-package.ts'
import { clusterOf, clusterProcesses, clusterWhenUp, untilAnswering } from '../programs/postgres-processes.ts'
import { between } from '../random.ts'

const injectedWithinMs = 30_000
const noticedWithinMs = 15_000

export const fsyncFaults: Fault[] = [
  syncFails('fsync-error-log', 'fdatasync', 'at a commit', async () => {}),
  syncFails('fsync-error-data', 'fsync', 'at a checkpoint', async ({ database }) => {
    await database.query('checkpoint').catch(() => undefined) // the server dies of it
  }),
]

/**
 * The kernel reports that what was written may not have reached the disk. PostgreSQL believes it, ends itself and
 * recovers from its log; whoever was just committing cannot know what became of it.
 */
function syncFails(name: string, call: string, when: string, provoke: (world: World) => Promise<unknown>): Fault {
  return {
    name,
    kind: 'storage',
    expectation:
      'A commit whose sync failed may have happened or not: whoever asked finds out, and nothing is done twice.',
    unavailable,
    async inject(world, random) {
      const holdMs = between(random, 500, 3_000)
      const cluster = await clusterWhenUp(world)
      const words = join(world.folder, `${name}-${cluster.pid}-${Date.now()}.strace`)
      const attached = clusterProcesses(cluster)
      const tracer = await attach(attached, call, words)
      const stop = () => detach(tracer)
      try {
        await provoke(world)
        await failed(words, tracer)
      } catch (failure) {
        await stop()
        throw failure
      }
      return {
        what: `EIO for every ${call} of PostgreSQL's ${attached.length} processes, first ${when}`,
        holdMs,
        heal: async () => {
          await stop()
          // Traced, the postmaster can miss the end of a child and wait for it for ever; whoever watches it ends it then.
          await untilAnswering(world, noticedWithinMs).catch(() => world.running.kill('postgres'))
          await untilAnswering(world)
        },
      }
    },
  }
}

async function unavailable(world: World): Promise<string | undefined> {
  const cluster = clusterOf(world)
  if (!cluster) return 'this run has no PostgreSQL of its own'
  const strace = await debianPackage('strace', world.folder, () => onPath('strace'))
  if (!strace) return 'strace is not installed and cannot be had'
  const mayTrace = process.getuid?.() === 0 || readFileSync('/proc/sys/kernel/yama/ptrace_scope', 'utf8').trim() === '0'
  return mayTrace ? undefined : 'this user may not trace running processes'
}

async function attach(pids: number[], call: string, words: string): Promise<ChildProcess> {
  const args = ['-f', '-qq', '-o', words, '-e', `trace=${call}`, '-e', `inject=${call}:error=EIO`]
  const tracer = spawn('strace', [...args, ...pids.flatMap((pid) => ['-p', String(pid)])], { stdio: 'ignore' })
  await once(tracer, 'spawn')
  return tracer
}

/** Waits for the first call that was made to fail, in whatever process. */
async function failed(words: string, tracer: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + injectedWithinMs; ; await sleep(20)) {
    if (read(words).includes('(INJECTED)')) return
    if (tracer.exitCode !== null)
      throw new Error(`strace ended with code ${tracer.exitCode} before anything was synced`)
    if (Date.now() > deadline) throw new Error('nothing was synced while strace looked on')
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Its tracees go on untouched once it is gone. */
async function detach(tracer: ChildProcess): Promise<void> {
  if (tracer.exitCode !== null || tracer.signalCode !== null) return
  const ended = once(tracer, 'exit')
  tracer.kill('SIGTERM')
  await ended
}
