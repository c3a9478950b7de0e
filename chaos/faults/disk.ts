import { chownSync, mkdirSync, rmSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onPath, run } from '../../stack/command.ts'
import { serverFolder, serverUser } from '../../stack/run-as.ts'
import type { Fault, World } from '../fault.ts'
import { clusterOf, clusterWhenUp, untilAnswering } from '../programs/postgres-processes.ts'
import { between } from '../random.ts'

/** Sparse: it takes from the machine's disk what is truly written. Large enough for the log of a long run. */
const diskSize = '4G'
const ballastName = 'ballast'

/**
 * Gives PostgreSQL a small disk of its own, before the stack on this folder is started: a real file system in a file, so
 * that syncs and full disks are real ones. Answers with what takes it away again, after the stack has stopped; undefined
 * where disks cannot be mounted.
 */
export async function prepareStorage(dataDir: string): Promise<(() => Promise<void>) | undefined> {
  if (process.getuid?.() !== 0 || !onPath('mkfs.ext4') || !onPath('mount')) return undefined
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  const user = serverUser()
  const folder = serverFolder(dataDir, 'postgres', user)
  const image = join(dataDir, 'postgres-disk.img')
  try {
    await run('truncate', ['--size', diskSize, image])
    await run('mkfs.ext4', ['-q', '-F', '-m', '0', image])
    await run('mount', ['-o', 'loop', image, folder])
  } catch {
    rmSync(image, { force: true })
    return undefined
  }
  if (user) chownSync(folder, user.uid, user.gid)
  return async () => {
    await run('umount', [folder])
    rmSync(image, { force: true })
  }
}

export const diskFaults: Fault[] = [
  {
    name: 'disk-full',
    kind: 'storage',
    expectation:
      'PostgreSQL cannot grow: writes fail or wait, what was answered stays, and all goes on with space again.',
    unavailable,
    async inject(world, random) {
      const { folder } = await clusterWhenUp(world)
      const disk = dirname(folder)
      await fill(disk)
      return {
        what: `no byte free for PostgreSQL`,
        holdMs: between(random, 5_000, 12_000),
        heal: () => free(world, disk),
      }
    },
  },
  {
    name: 'log-disk-full',
    kind: 'storage',
    expectation:
      'Without room for its log PostgreSQL ends itself and cannot come back before there is some; then it does.',
    unavailable,
    async inject(world, random) {
      const { folder } = await clusterWhenUp(world)
      const disk = dirname(folder)
      await fill(disk)
      const segments = await fillLog(world)
      return {
        what: `no byte free for PostgreSQL, and its log full after ${segments} more segments`,
        holdMs: between(random, 3_000, 8_000),
        heal: () => free(world, disk),
      }
    },
  },
]

async function unavailable(world: World): Promise<string | undefined> {
  const cluster = clusterOf(world)
  if (!cluster) return 'this run has no PostgreSQL of its own'
  const isOwnDisk = statSync(dirname(cluster.folder)).dev !== statSync('/').dev && sizeOf(cluster.folder) < 8 * 2 ** 30
  return isOwnDisk
    ? undefined
    : 'PostgreSQL is not on a small disk of its own; that needs root, mkfs.ext4 and loop devices'
}

function sizeOf(folder: string): number {
  const { blocks, bsize } = statfsSync(folder)
  return blocks * bsize
}

/** Takes all that is free without writing it; again and again, because the first asks for more than a busy disk has. */
async function fill(disk: string): Promise<void> {
  const mountPoint = statfsSync(disk)
  let wanted = mountPoint.bavail * mountPoint.bsize
  for (let file = 0; wanted >= 4_096; file++) {
    await run('fallocate', ['--length', String(wanted), join(disk, `${ballastName}-${file}`)]).catch(() => undefined)
    const { bavail, bsize } = statfsSync(disk)
    const left = bavail * bsize
    wanted = left < wanted ? left : Math.floor(wanted / 2)
  }
}

/** Uses up the segments that are kept ready, one after the other, until the server dies of the next. */
async function fillLog({ database }: World): Promise<number> {
  const mostSegments = 400
  for (let segments = 0; segments < mostSegments; segments++) {
    try {
      await database.query(`select pg_logical_emit_message(true, 'chaos', 'one more'), pg_switch_wal()`)
    } catch {
      return segments
    }
  }
  throw new Error(`the log of PostgreSQL is not full after ${mostSegments} segments`)
}

async function free(world: World, disk: string): Promise<void> {
  await run('find', [disk, '-maxdepth', '1', '-name', `${ballastName}-*`, '-delete'])
  await untilAnswering(world)
}
