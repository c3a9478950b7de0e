import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readStackFile, removeStackFile, type StackFile, stackFileIn, writeStackFile } from '../../stack/stack-file.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'holdfast-stack-file-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

test('a reader never sees half a stack file while it is being rewritten', async () => {
  writeStackFile(dataDir, stack(1))
  const reader = new Worker(
    `const { readFileSync } = require('node:fs'); const { workerData, parentPort } = require('node:worker_threads')
     let reads = 0; const until = Date.now() + 400
     while (Date.now() < until) { JSON.parse(readFileSync(workerData, 'utf8')); reads++ }
     parentPort.postMessage(reads)`,
    { eval: true, workerData: stackFileIn(dataDir) },
  )
  const reads = new Promise<number>((resolve, reject) => reader.once('message', resolve).once('error', reject))
  let isReading = true
  void reads.finally(() => (isReading = false))
  for (let processes = 1; isReading; processes = (processes % 60) + 1) {
    writeStackFile(dataDir, stack(processes))
    await new Promise(setImmediate)
  }
  expect(await reads).toBeGreaterThan(10)
  expect(readdirSync(dataDir)).toEqual(['stack.json'])
})

test('the file with the passwords is readable by its owner alone', () => {
  writeStackFile(dataDir, stack(1))
  expect(statSync(stackFileIn(dataDir)).mode & 0o777).toBe(0o600)
})

test('a missing, a broken and a good file are told apart', () => {
  expect(readStackFile(dataDir)).toEqual({ missing: true })
  writeFileSync(stackFileIn(dataDir), '{"api": "http')
  expect(readStackFile(dataDir)).toHaveProperty('broken')
  writeFileSync(stackFileIn(dataDir), '[]')
  expect(readStackFile(dataDir)).toHaveProperty('broken')
  writeStackFile(dataDir, stack(2))
  expect(readStackFile(dataDir)).toEqual({ stack: stack(2) })
  removeStackFile(dataDir)
  expect(readStackFile(dataDir)).toEqual({ missing: true })
})

const stack = (processes: number): StackFile => ({
  api: 'http://127.0.0.1:8080',
  temporal: { address: '127.0.0.1:7233', namespace: 'default' },
  postgres: 'postgres://127.0.0.1:5432/holdfast',
  gateway: 'http://127.0.0.1:8190',
  admin: { email: 'admin@holdfast.test', password: 'secret' },
  processes: Array.from({ length: processes }, (_, index) => ({ role: 'api', pid: index + 1 })),
})
