import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import type { RunRecord } from '../record.ts'
import type { Saboteur } from './saboteur.ts'

/** What a suite says of a build. `broken` are the promises it found broken, by name or in its words. */
export type Finding = { exitCode: number | undefined; broken: string[]; output: string; tookMs: number }

type Hunted = Pick<Saboteur, 'caughtBy' | 'args'>

const SEED = 1
const WITHIN_MS = 10 * 60_000
const defaultArgs = { sim: ['--checkouts', '300', '--per-world', '60'], chaos: ['--minutes', '0.5'] }

/** Runs the suite of a build as anyone would from its folder. */
export async function hunt(folder: string, { caughtBy, args = defaultArgs[caughtBy] }: Hunted): Promise<Finding> {
  const startedAt = performance.now()
  const result = await execa(process.execPath, [`${caughtBy}/run.ts`, '--seed', String(SEED), ...args], {
    cwd: folder,
    reject: false,
    all: true,
    timeout: WITHIN_MS,
  })
  const output = stripVTControlCharacters(result.all)
  const broken = caughtBy === 'sim' ? brokenInSim(output) : brokenInRecord(join(folder, `chaos/results/${SEED}.json`))
  return { exitCode: result.exitCode, broken, output, tookMs: performance.now() - startedAt }
}

/** `  ord#12: only_legal_transitions: paid -> paid`, after the line that counts them. */
function brokenInSim(output: string): string[] {
  const [, list = ''] = /\d+ violations? in the world of seed \d+:\n((?: {2}.*\n)*)/.exec(output) ?? []
  return list.split('\n').flatMap((line) => {
    const [, subject, what] = /^ {2}(.+?): (.*)$/.exec(line) ?? []
    return what === undefined || subject === 'simulator' ? [] : [what]
  })
}

function brokenInRecord(file: string): string[] {
  if (!existsSync(file)) return []
  const { checks } = JSON.parse(readFileSync(file, 'utf8')) as RunRecord
  // What is seen amid the run is one check, whose violations begin with the promise.
  return checks
    .filter(({ violations }) => violations.length > 0)
    .flatMap(({ name, violations }) => [name, ...violations.map(({ detail }) => detail)])
}

/** Which of the promises that it breaks was found broken; nothing when it got away. */
export const caughtAs = ({ expects }: Saboteur, { exitCode, broken }: Finding): string | undefined =>
  exitCode === 1 ? expects.find((promise) => broken.some((found) => found.startsWith(promise))) : undefined
