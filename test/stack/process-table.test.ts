import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { endProcesses, findOrphans, identityOf, isAlive, stackMarker } from '../../stack/process-table.ts'
import { claimFolder, supervisorOf } from '../../stack/supervisor-record.ts'

let dataDir: string
let children: ChildProcess[] = []
beforeEach(() => {
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-process-table-')))
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  rmSync(dataDir, { recursive: true })
})

test('a process of this state folder is known as an orphan, one of another folder is left alone', async () => {
  const ours = await sleeper({ [stackMarker]: dataDir })
  const theirs = await sleeper({ [stackMarker]: `${dataDir}-other` })
  const strangers = await sleeper({})
  expect(findOrphans(dataDir)).toEqual([ours])
  expect([theirs, strangers].every(isAlive)).toBe(true)
})

test('a shell that merely stands in the state folder is not an orphan', async () => {
  await sleeper({}, dataDir)
  expect(findOrphans(dataDir)).toEqual([])
})

test('ended processes are gone when the answer comes, even those that ignore a polite signal', async () => {
  const stubborn = await sleeper({}, undefined, `process.on('SIGTERM', () => {});`)
  await endProcesses([stubborn], { graceMs: 200 })
  expect(isAlive(stubborn)).toBe(false)
})

test('a pid that is used again by another process does not count as the supervisor', () => {
  const record = { pid: process.pid, identity: `${process.pid}@1` }
  writeFileSync(join(dataDir, 'supervisor.json'), JSON.stringify(record))
  expect(supervisorOf(dataDir)).toBeUndefined()
  expect(identityOf(process.pid)).toMatch(new RegExp(`^${process.pid}@\\d+$`))
})

test('only one supervisor at a time may look after a state folder', () => {
  const release = claimFolder(dataDir)
  expect(supervisorOf(dataDir)).toBe(process.pid)
  expect(() => claimFolder(dataDir)).toThrow(/in use by another stack/)
  release()
  claimFolder(dataDir)()
})

async function sleeper(env: NodeJS.ProcessEnv, cwd = tmpdir(), first = ''): Promise<number> {
  const program = `${first} process.stdout.write('here'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', program], { env, cwd, stdio: ['ignore', 'pipe', 'ignore'] })
  children.push(child)
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return child.pid as number
}
