import { readdirSync, readFileSync } from 'node:fs'
import type { Role, StackFile } from '../stack/stack-file.ts'

const MS_PER_TICK = 10 // Linux tells times to programs in hundredths of a second, whatever its own clock does

export type CpuMs = Partial<Record<Role, number>>

/** The processor time each server has used since it began, its children's included. A process of two roles is `api`. */
export function cpuOf({ processes }: StackFile): CpuMs {
  const roleOf = new Map(processes.toReversed().map(({ role, pid }) => [pid, role]))
  const sums: CpuMs = {}
  for (const [pid, role] of roleOf) sums[role] = (sums[role] ?? 0) + treeCpuMs(pid)
  return sums
}

export const cpuBetween = (before: CpuMs, after: CpuMs): CpuMs =>
  Object.fromEntries(Object.entries(after).map(([role, ms]) => [role, ms - (before[role as Role] ?? 0)]))

export function memoryMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kb) / 1024
}

function treeCpuMs(root: number): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)))
  const family = new Set([root])
  for (let size = 0; size !== family.size; ) {
    size = family.size
    for (const { pid, parent } of stats) if (family.has(parent)) family.add(pid)
  }
  return stats.filter(({ pid }) => family.has(pid)).reduce((sum, { cpuMs }) => sum + cpuMs, 0)
}

function readStat(pid: number): { pid: number; parent: number; cpuMs: number }[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in brackets may hold anything; the numbers begin behind it: state, parent, …
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [own, ownSystem, children, childrenSystem] = fields.slice(11, 15) as [number, number, number, number]
    return [{ pid, parent: fields[1] ?? 0, cpuMs: (own + ownSystem + children + childrenSystem) * MS_PER_TICK }]
  } catch {
    return [] // it has ended meanwhile
  }
}
