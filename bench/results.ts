import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { changeSince, type Figure } from './figures.ts'

export type Run = { date: string; commit: string; machine: string; options: string; figures: Figure[] }

const folder = fileURLToPath(new URL('results', import.meta.url))

/** Newest first. */
export function earlierRuns(from = folder): Run[] {
  if (!existsSync(from)) return []
  return readdirSync(from)
    .filter((name) => /^\d{4}-/.test(name) && name.endsWith('.json'))
    .sort()
    .reverse()
    .map((name) => JSON.parse(readFileSync(join(from, name), 'utf8')) as Run)
}

/** A run may have measured only some: each figure is looked for in the newest run that has it. */
export const figureBefore =
  (runs: readonly Run[]) =>
  (name: string): Figure | undefined =>
    runs.flatMap(({ figures }) => figures).find((figure) => figure.name === name)

/** `latest.json` has the shape of the contract; the dated file beside it says when, of what and on which machine. */
export function keep(run: Run, runs: readonly Run[], into = folder): string {
  mkdirSync(into, { recursive: true })
  const before = figureBefore(runs)
  const withChange = run.figures.map((figure) => {
    const change = changeSince(before(figure.name), figure)
    return { ...figure, ...(change !== undefined && { change: Number(change.toFixed(3)) }) }
  })
  const file = join(into, `${run.date.replaceAll(':', '').slice(0, 17)}-${run.commit}.json`)
  const comparedWith = runs[0] && { date: runs[0].date, commit: runs[0].commit, machine: runs[0].machine }
  write(file, { ...run, comparedWith: comparedWith ?? null, figures: withChange })
  write(join(into, 'latest.json'), run.figures)
  return file
}

const write = (file: string, content: unknown) => writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)

export function machineOf(): string {
  const gib = Math.round(totalmem() / 2 ** 30)
  return `${availableParallelism()} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${gib} GiB, ${process.platform}`
}

/** With a `+` when the sources were changed since; a copy without its history has no commit. */
export function commitOf(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: folder.replace(/results$/, ''), encoding: 'utf8' })
    const isChanged = git('status', '--porcelain', '--', '..', ':!results').trim() !== ''
    return git('rev-parse', '--short', 'HEAD').trim() + (isChanged ? '+' : '')
  } catch {
    return 'unknown'
  }
}
