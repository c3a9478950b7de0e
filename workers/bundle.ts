import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'

/** Everything a workflow may run, as one file: what a worker loads, and what the boundary test reads. */
export async function bundleWorkflows(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  })
  return code
}

export async function buildWorkflowBundle(file: string): Promise<void> {
  await writeFile(file, await bundleWorkflows())
}
