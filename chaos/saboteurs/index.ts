import { rmSync } from 'node:fs'
import { join } from 'node:path'
import Table from 'cli-table3'
import { saboteurs } from './catalogue.ts'
import { caughtAs, type Finding, hunt } from './hunt.ts'
import type { Saboteur } from './saboteur.ts'
import { makeTestBuild, type TestBuild } from './test-build.ts'

export type SaboteurResult = {
  name: string
  bug: string
  caughtBy: Saboteur['caughtBy']
  /** The promise by which it was found; undefined when it got away. */
  caughtAs: string | undefined
  tookMs: number
  output: string
  alsoRemoves?: string
}

export type SaboteursResult = { results: SaboteurResult[]; isSound: boolean }

type Options = {
  /** Only these; all unless told. */
  names?: readonly string[]
  onLine: (line: string) => void
}

/** Lets each bug in, alone, and looks whether the suite finds it; and whether the same run finds nothing without it. */
export async function runSaboteurs({ names, onLine }: Options): Promise<SaboteursResult> {
  const chosen = names ? saboteurs.filter(({ name }) => names.includes(name)) : saboteurs
  const build = makeTestBuild()
  try {
    const results: SaboteurResult[] = []
    for (const run of differentRuns(chosen)) {
      const control = await letIn(build, { ...run, edits: [] })
      const isClean = control.exitCode === 0
      onLine(`${isClean ? '✓' : '✗'} without a bug, ${commandOf(run)} finds ${isClean ? 'nothing' : 'something'}`)
      if (!isClean) {
        onLine(control.output)
        return { results, isSound: false }
      }
    }
    for (const saboteur of chosen) {
      const finding = await letIn(build, saboteur)
      const { name, bug, caughtBy, alsoRemoves } = saboteur
      const { tookMs, output } = finding
      const result = { name, bug, caughtBy, caughtAs: caughtAs(saboteur, finding), tookMs, output }
      results.push({ ...result, ...(alsoRemoves !== undefined && { alsoRemoves }) })
      onLine(`${result.caughtAs ? '✓' : '✗'} ${name}: ${result.caughtAs ?? 'it got away'} (${seconds(tookMs)})`)
    }
    return { results, isSound: results.every((result) => result.caughtAs !== undefined) }
  } finally {
    build.remove()
  }
}

/** Who was caught by what, after how long; which bugs a second guard would have made harmless. */
export function saboteursTable(results: readonly SaboteurResult[]): string {
  const table = new Table({
    head: ['bug', 'what it does', 'caught by', 'because of', 'after'],
    colWidths: [27, 54, 11, 38, 9],
    wordWrap: true,
    style: { head: [], border: [] },
  })
  for (const { name, bug, caughtBy, caughtAs, tookMs, alsoRemoves } of results) {
    const guard = alsoRemoves === undefined ? '' : ` Harmless until this is removed too: ${alsoRemoves}.`
    table.push([name, `${bug}${guard}`, caughtAs ? `npm run ${caughtBy}` : '', caughtAs ?? 'NOTHING', seconds(tookMs)])
  }
  const caught = results.filter((result) => result.caughtAs !== undefined).length
  return `${table.toString()}\n${caught} of ${results.length} saboteurs were caught.`
}

type Run = Pick<Saboteur, 'caughtBy' | 'args'>

async function letIn(build: TestBuild, saboteur: Run & Pick<Saboteur, 'edits'>): Promise<Finding> {
  const repair = build.spoil(saboteur)
  try {
    rmSync(join(build.folder, 'chaos/results'), { recursive: true, force: true })
    return await hunt(build.folder, saboteur)
  } finally {
    repair()
  }
}

const commandOf = ({ caughtBy, args = [] }: Run): string => [`npm run ${caughtBy} --`, ...args].join(' ').trim()

const differentRuns = (chosen: readonly Run[]): Run[] => [
  ...new Map(chosen.map((run) => [commandOf(run), run])).values(),
]

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
