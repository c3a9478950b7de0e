import { fileURLToPath } from 'node:url'
import { run } from '../../stack/command.ts'

/** What may be deployed: the shop's own workflows, or others made of them. */
export type WorkflowVersion = 'present' | 'later' | 'nondeterministic' | 'poisoned'

const project = fileURLToPath(new URL('../..', import.meta.url))
const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Bundled in a process of its own, because it takes seconds of a whole core. */
export async function bundleVersion(version: WorkflowVersion, file: string, logFile: string): Promise<void> {
  const isPresent = version === 'present'
  const entry = fileOf(isPresent ? '../../workflows/index.ts' : `workflows/${version}.ts`)
  const program = `
    import { writeFile } from 'node:fs/promises'
    import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
    const { code } = await bundleWorkflowCode({
      workflowsPath: ${JSON.stringify(entry)},
      workflowInterceptorModules: ${JSON.stringify(isPresent ? [] : [entry])},
      logger: new DefaultLogger('WARN'),
    })
    await writeFile(${JSON.stringify(file)}, code)`
  await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: project, logFile })
}
