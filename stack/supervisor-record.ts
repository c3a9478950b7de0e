import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StackProblem } from './failure.ts'
import { identityOf } from './process-table.ts'

const recordIn = (dataDir: string) => join(dataDir, 'supervisor.json')

/** The process that looks after this state folder now, if one does. */
export const supervisorOf = (dataDir: string) => holderIn(recordIn(dataDir))

function holderIn(record: string): number | undefined {
  try {
    const { pid, identity } = JSON.parse(readFileSync(record, 'utf8')) as { pid: number; identity: string }
    return identityOf(pid) === identity ? pid : undefined
  } catch {
    return undefined
  }
}

/** One supervisor a folder: two would start each server twice. Answers with the way to let go. */
export function claimFolder(dataDir: string): () => void {
  const record = recordIn(dataDir)
  const draft = `${record}.${process.pid}.draft`
  writeFileSync(draft, JSON.stringify({ pid: process.pid, identity: identityOf(process.pid) }), { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        linkSync(draft, record) // whole and exclusive, in one step
        return onceOnly(() => rmSync(record, { force: true }))
      } catch {
        const holder = supervisorOf(dataDir)
        if (holder !== undefined) throw inUse(dataDir, holder)
        clearStale(record, draft)
      }
    }
    throw inUse(dataDir, undefined)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Moved away first and looked at then: meanwhile another start may have put its own record there. */
function clearStale(record: string, draft: string): void {
  const aside = `${draft}.stale`
  try {
    renameSync(record, aside)
    if (holderIn(aside) !== undefined) linkSync(aside, record)
  } catch {
    // another start was faster
  }
  rmSync(aside, { force: true })
}

const inUse = (dataDir: string, pid: number | undefined) =>
  new StackProblem(`${dataDir} is in use by another stack${pid ? ` (process ${pid})` : ''}`, {
    advice: 'Stop that one with npm run stop, or give this one its own folder with --data DIR.',
  })

function onceOnly(work: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) work()
    isDone = true
  }
}
