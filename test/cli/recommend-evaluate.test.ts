import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { execa } from 'execa'
import { afterAll, expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../cli/recommend-evaluate.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'holdfast-evaluate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const evaluate = (...args: string[]) => execa(process.execPath, [program, ...args], { reject: false })

function file(name: string, lines: string[]): string {
  const path = join(folder, name)
  const text = `${lines.join('\n')}\n`
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text)
  return path
}

/** The hit-rates of the table, by method. */
const hitRates = (output: string) =>
  Object.fromEntries(
    [...output.matchAll(/^ *(popularity|item-cosine|ours) +([\d.]+)/gm)].map(([, method, rate]) => [
      method as string,
      Number(rate),
    ]),
  )

test('baskets are measured beside popularity and item-cosine, and an empty line is named', async () => {
  const baskets = Array.from({ length: 200 }, (_, n) => `thing ${n % 25},"thing, ${n % 25}"`)
  const { exitCode, stdout, stderr } = await evaluate('--baskets', file('baskets.csv', [...baskets, ',,']))
  expect(exitCode, stderr).toBe(0)
  expect(stdout).toMatch(/^200 baskets of 50 items, 400 lines\.$/m)
  expect(stderr).toMatch(/^line 201: no item in it$/m)
  const rates = hitRates(stdout)
  expect(rates.ours).toBe(1)
  expect(rates['item-cosine']).toBe(1)
  expect(rates.popularity).toBeLessThan(0.5)
})

test('interactions may be zipped; who buys again is understood, and bad lines are named by number', async () => {
  const lines = Array.from({ length: 60 }, (_, user) =>
    Array.from({ length: 4 }, (_, week) => `u${user},i${user % 30},${1_700_000_000 + week * 604_800},1`),
  ).flat()
  const bad = ['u1,i1,yesterday,1', 'u1,,1700000000,1', 'u1,i1,2026-01-01,-2']
  const path = file('interactions.csv.gz', ['user_id,item_id,timestamp,quantity', ...bad, ...lines])
  const { exitCode, stdout, stderr } = await evaluate('--interactions', path)
  expect(exitCode, stderr).toBe(0)
  expect(stderr).toMatch(/line 2: timestamp "yesterday" is neither a number nor a date/)
  expect(stderr).toMatch(/line 3: no item_id/)
  expect(stderr).toMatch(/line 4: quantity "-2" is not more than 0/)
  expect(stdout).toMatch(/^60 users, 240 baskets of 30 items\.$/m)
  expect(hitRates(stdout).ours).toBe(1)
  expect(hitRates(stdout).popularity).toBeLessThan(0.5)
})

test('a file that is not there is said in one line', async () => {
  const { exitCode, stderr } = await evaluate('--baskets', join(folder, 'nowhere.csv'))
  expect([exitCode, stderr.split('\n').length]).toEqual([2, 1])
  expect(stderr).toMatch(/no such file/)
})
