import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { saboteurs } from '../../chaos/saboteurs/catalogue.ts'
import { caughtAs, type Finding } from '../../chaos/saboteurs/hunt.ts'
import { runSaboteurs } from '../../chaos/saboteurs/index.ts'
import type { Saboteur } from '../../chaos/saboteurs/saboteur.ts'
import { spoilOnce } from '../../chaos/saboteurs/test-build.ts'
import { projectFolder } from '../checks.ts'

/** Those found soonest; `npm run chaos -- --saboteurs` runs them all. */
const soonest = ['void-instead-of-refund', 'no-state-guard', 'event-before-commit']

describe('deliberate bugs', () => {
  test('there are at least a dozen, each with a name of its own', () => {
    expect(new Set(saboteurs.map(({ name }) => name)).size).toBe(saboteurs.length)
    expect(saboteurs.length).toBeGreaterThanOrEqual(12)
  })

  test.each(saboteurs)('$name still fits into the source', ({ edits }) => {
    const sources = new Map(edits.map(({ file }) => [file, readFileSync(join(projectFolder, file), 'utf8')]))
    for (const edit of edits) {
      const source = sources.get(edit.file) as string
      const spoilt = spoilOnce(source, edit)
      expect(spoilt).not.toBe(source)
      sources.set(edit.file, spoilt)
    }
  })

  test('a crash, or another complaint than the expected one, is no catch', () => {
    const saboteur: Saboteur = { name: '', bug: '', edits: [], caughtBy: 'sim', expects: ['stock_never_oversold'] }
    const finding: Finding = { exitCode: 1, broken: ['stock_never_oversold: -1 on the shelf'], output: '', tookMs: 0 }
    expect(caughtAs(saboteur, finding)).toBe('stock_never_oversold')
    expect(caughtAs(saboteur, { ...finding, exitCode: 2 })).toBeUndefined()
    expect(caughtAs(saboteur, { ...finding, broken: ['an order was acknowledged that is not there'] })).toBeUndefined()
    expect(caughtAs(saboteur, { ...finding, broken: [] })).toBeUndefined()
  })

  test('are found, and nothing is found without them', { timeout: 300_000 }, async () => {
    const lines: string[] = []
    const { results, isSound } = await runSaboteurs({ names: soonest, onLine: (line) => lines.push(line) })
    expect(isSound, lines.join('\n')).toBe(true)
    expect(results).toHaveLength(soonest.length)
  })
})
