import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../command.ts'
import { StackProblem } from '../failure.ts'
import type { Site } from '../site.ts'
import { logFileIn } from '../state-folder.ts'
import { projectFolder } from './gateway.ts'

/** Beside the dependencies it is made of, so every state folder of this clone shares it. */
const cacheFolder = join(projectFolder, 'node_modules', '.cache', 'holdfast')

const sources = ['workflows', 'domain', 'workers/bundle.ts', 'package-lock.json']

/** Bundling takes seconds and all of a core, so it is done once for each state of the sources. */
export async function workflowBundle(site: Site): Promise<string> {
  const file = join(cacheFolder, `workflows-${fingerprint()}.cjs`)
  if (existsSync(file)) return file
  await site.report.step('Workflows', async (say) => {
    say('bundling')
    await build(file, logFileIn(site.dataDir, 'bundle'))
    return '✓ Workflows bundled for the worker'
  })
  return file
}

async function build(file: string, logFile: string): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true })
  const draft = `${file}.${process.pid}.draft.cjs`
  const program = `import { buildWorkflowBundle } from './workers/bundle.ts'; await buildWorkflowBundle(${JSON.stringify(draft)})`
  try {
    // In a process of its own: bundling would keep this one from answering to anything else.
    await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: projectFolder, logFile })
    renameSync(draft, file)
    forgetOthers(file)
  } catch {
    rmSync(draft, { force: true })
    throw new StackProblem('The workflows could not be bundled', {
      advice: 'The reason stands above; npm run verify checks the workflow files.',
      logFile,
    })
  }
}

const keep = 5

function forgetOthers(newest: string): void {
  const age = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
  const bundles = readdirSync(cacheFolder).filter((name) => name.startsWith('workflows-'))
  const byAge = bundles.map((name) => join(cacheFolder, name)).sort((a, b) => age(b) - age(a))
  for (const file of byAge.slice(keep)) if (file !== newest) rmSync(file, { force: true })
}

function fingerprint(): string {
  const hash = createHash('sha256')
  for (const source of sources)
    for (const file of filesOf(join(projectFolder, source))) hash.update(file).update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile())
    .sort()
}
