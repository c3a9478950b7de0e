import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { explain } from '../../stack/failure.ts'
import { isAlive } from '../../stack/process-table.ts'
import { supervise } from '../../stack/supervisor.ts'

let folder: string
const lines: string[] = []
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-supervisor-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('a program that ends before it serves is shown with its last words and what to do', async () => {
  const failure = await start('sulky', `console.error('I will not'); process.exit(3)`, { verify: never }).catch(
    (error: unknown) => error,
  )
  const said = explain(failure).join('\n')
  expect(said).toContain('sulky ended with code 3 before it served')
  expect(said).toContain('| I will not')
  expect(said).toContain('Be kind to it.')
  expect(said).not.toMatch(/\bat .*\.ts:\d+/)
})

test('a program that cannot be run at all is a sentence too', async () => {
  const failure = await start('absent', '', { command: join(folder, 'nothing-here') }).catch((error: unknown) => error)
  expect(explain(failure)[0]).toMatch(/absent could not be run/)
})

test('a program that keeps dying is reported as such and tried on slowly, and can still be stopped', async () => {
  const flag = join(folder, 'fine')
  writeFileSync(flag, '')
  const program = `require('fs').existsSync(${JSON.stringify(flag)}) ? setInterval(() => {}, 1000) : process.exit(1)`
  const supervised = await start('fragile', program)
  rmSync(flag)
  await supervised.kill()
  await expect
    .poll(() => lines.join('\n'), { timeout: 15_000 })
    .toMatch(/fragile died 5 times in 30 s; trying every 15 s/)
  await supervised.stop()
}, 20_000)

test('one that ignores a polite stop is ended all the same', async () => {
  const supervised = await start(
    'deaf',
    `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')`,
  )
  const pid = supervised.pid() as number
  await supervised.stop()
  expect(isAlive(pid)).toBe(false)
})

test('the words of a server go to its log and never to the terminal', async () => {
  const supervised = await start('chatty', `console.log('hello log'); setInterval(() => {}, 1000)`)
  await expect.poll(() => readFileSync(join(folder, 'chatty.log'), 'utf8')).toContain('hello log')
  await supervised.stop()
})

const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 200))
const never = () => Promise.reject(new Error('nobody answers'))

function start(name: string, program: string, { command = process.execPath, verify = soon } = {}) {
  return supervise(
    {
      name,
      roles: ['gateway'],
      command,
      args: ['-e', program],
      cwd: folder,
      env: {},
      logFile: join(folder, `${name}.log`),
      verify,
      readyWithinMs: 5_000,
      stopSignal: 'SIGTERM',
      stopWithinMs: 300,
      advice: 'Be kind to it.',
    },
    { onLine: (line) => lines.push(line), onChange: () => undefined },
  )
}
