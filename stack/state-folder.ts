import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { StackProblem } from './failure.ts'
import { stateElsewhere } from './run-as.ts'

const markFile = '.holdfast-state'

/** Makes or opens the folder in which a stack keeps everything it must remember. */
export function openStateFolder(folder: string): string {
  const wanted = resolve(folder)
  try {
    makeFolder(join(wanted, 'logs'))
    if (!existsSync(join(wanted, markFile))) {
      writeFileSync(join(wanted, markFile), 'The state of a Holdfast stack. npm start -- --fresh drops it.\n')
    }
  } catch (error) {
    throw new StackProblem(`The state folder ${wanted} cannot be written: ${(error as Error).message}`, {
      advice: 'Give another folder with --data DIR, or make this one writable.',
    })
  }
  return realpathSync(wanted)
}

/** Level by level: Node's own recursive way never comes back from folders like /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
}

export const logFileIn = (dataDir: string, name: string) => join(dataDir, 'logs', `${name}.log`)

/** Deletes the state, and refuses to delete anything that is not a Holdfast state folder. */
export function dropStateFolder(folder: string): boolean {
  const wanted = resolve(folder)
  if (!existsSync(wanted)) return false
  const names = readdirSync(wanted)
  if (names.length === 0) return false
  const isForeign = !names.includes(markFile) || names.includes('package.json') || isSacred(wanted)
  if (isForeign) {
    throw new StackProblem(`--fresh does not delete ${wanted}: it does not look like a Holdfast state folder`, {
      advice: 'Name the right folder with --data DIR, or delete it yourself.',
    })
  }
  const real = realpathSync(wanted)
  rmSync(stateElsewhere(real), { recursive: true, force: true })
  // Its content and not the folder, which may be a mount.
  for (const name of names) rmSync(join(real, name), { recursive: true, force: true })
  return true
}

const isSacred = (folder: string) => folder === homedir() || folder === dirname(folder) || folder === process.cwd()

/** Programs that were built or fetched once, for every clone of this user. */
export function programCache(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(cache, 'holdfast')
}

/** What is wrong with a file of the state folder, in the words every such failure uses. */
export function brokenState(what: string, logFile?: string): StackProblem {
  return new StackProblem(what, {
    advice:
      'Put the state folder back from a copy, or begin again with an empty one: npm start -- --fresh (drops orders, products and payments).',
    ...(logFile && { logFile }),
  })
}

export function readState(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
