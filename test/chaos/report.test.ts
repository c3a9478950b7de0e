import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { RunRecord } from '../../chaos/record.ts'
import { duration } from '../../chaos/report/format.ts'
import { summarize } from '../../chaos/report/figures.ts'
import { writeReport } from '../../chaos/report/index.ts'
import { sampleRun } from './sample-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = sampleRun(7, { minutes: 20, faults: 200 })

function pageOf(record: RunRecord): string {
  const file = join(folder, 'report.html')
  writeReport(record, file, 'npm run chaos -- --seed 7 --minutes 20')
  return readFileSync(file, 'utf8')
}

/** What a reader sees, one space between words. */
const textOf = (page: string): string =>
  page
    .replaceAll(/<(script|style)[^>]*>.*?<\/\1>/gs, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')

describe('the report says at a glance what came of a run', () => {
  test('in one sentence, with the command that repeats it', () => {
    const text = textOf(pageOf(run))
    const bought = run.traffic.checkouts.toLocaleString('en')
    expect(text).toContain(`${bought} checkouts under 200 faults: 0 violations`)
    expect(text).toContain('npm run chaos -- --seed 7 --minutes 20')
    expect(text).not.toContain('broken promise')
  })

  test('a fault that could not be carried out is not counted, and says why', () => {
    const faults = run.faults.map((fault, place) =>
      place === 3 ? { ...fault, failure: 'the disk is read-only' } : fault,
    )
    const text = textOf(pageOf({ ...run, faults }))
    expect(text).toContain('under 199 faults')
    expect(text).toContain('Could not be carried out: the disk is read-only')
  })

  test('what could not be tried or looked at is told, with the reason', () => {
    const text = textOf(pageOf(run))
    expect(text).toContain('the library faketime is not installed on this machine')
    expect(text).toContain('not checked: OpenSearch is not running')
    expect(text).toContain('2 of 3 promises held. 1 could not be looked at.')
  })

  test('a run in which nothing was bought claims nothing', () => {
    const page = pageOf({ ...run, traffic: { ...run.traffic, checkouts: 0, outcomes: {} } })
    expect(textOf(page)).toContain('Nothing was bought, so nothing was proved.')
    expect(page).not.toContain('accounted for')
  })

  test('recovery is the median and the worst of those that were measured', () => {
    const fault = { ...run.faults[0]!, name: 'kill-postgres' }
    const faults = [900, null, 100, 300, 200].map((recoveryMs) => ({ ...fault, recoveryMs }))
    expect(summarize(faults)).toMatchObject([{ times: 5, medianMs: 250, worstMs: 900, unmeasured: 1 }])
  })

  test.each([
    [48.4, '48 ms'],
    [999.7, '1.0 s'],
    [59_960, '1 min'],
    [1_205_000, '20 min 5 s'],
  ])('%d ms reads as %s', (ms, words) => expect(duration(ms)).toBe(words))
})

describe('a broken promise is seen first', () => {
  const violations = Array.from({ length: 30 }, (_, place) => ({
    subject: `ord_${place}`,
    detail: `charged twice, ${place} times`,
  }))
  const broken = { name: 'one_charge', promise: 'An order is charged once.', violations }
  const text = textOf(pageOf({ ...run, checks: [...run.checks, broken] }))

  test('in the sentence at the top, before the time line, with every violator', () => {
    expect(text).toContain('200 faults: 30 violations')
    expect(text).toContain('1 of 4 promises was broken')
    const first = text.indexOf('An order is charged once.')
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThan(text.indexOf('Second by second'))
    for (const { subject, detail } of violations) expect(text).toContain(`${subject} ${detail}`)
  })
})

describe('the page is one file and runs nothing but its own script', () => {
  const evil = '</script><script>alert(1)</script>"\'><img src=x onerror=alert(1)>'
  const page = pageOf({
    ...run,
    commit: evil,
    faults: run.faults.map((fault) => ({
      ...fault,
      name: evil,
      what: evil,
      expectation: evil,
      kind: evil,
      failure: evil,
    })),
    unavailable: [{ name: evil, why: evil }],
    traffic: { ...run.traffic, outcomes: { [evil]: 3 }, unheard: { [evil]: 1 } },
    checks: [{ name: evil, promise: evil, violations: [{ subject: evil, detail: evil }] }],
  })
  const drawn = pageOf({ ...run, faults: run.faults.map((fault) => ({ ...fault, name: evil, what: evil })) })

  test.each([page, drawn])('whatever the names in it are', (html) => {
    expect(html).toContain('&lt;img')
    expect(html).not.toContain('<img')
    expect(html).not.toContain('<script>alert')
    expect(html.match(/<script/g)).toHaveLength(2)
  })

  test('the data of the time line are unchanged by that', () => {
    const [, json] = /id="run-data">(.*?)<\/script>/s.exec(drawn) ?? []
    const data = JSON.parse(json ?? '') as { faults: { name: string }[]; decided: number[] }
    expect(data.faults[0]?.name).toBe(evil)
    expect(data.decided).toEqual(run.seconds.map(({ checkoutsDecided }) => checkoutsDecided))
  })

  test('it names no other file and the browser would refuse one', () => {
    const html = pageOf(run)
    expect(/Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]).toContain('default-src &#39;none&#39;;')
    expect(html).not.toMatch(/<(link|iframe|img|object)\b|\bsrc=|@import|url\(/)
    // uPlot names its home in a comment; nothing else is named.
    expect(html.match(/https?:\/\/[^\s"'<]+/g)).toEqual(['https://github.com/leeoniya/uPlot'])
  })
})
