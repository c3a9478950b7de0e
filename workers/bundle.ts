import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode } from '@temporalio/worker'

/** Everything a workflow may run, as one file: what a worker loads, and what the boundary test reads. */
export async function bundleWorkflows(): Promise<string> {
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error }
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: quiet,
  })
  return code
}

export async function buildWorkflowBundle(file: string): Promise<void> {
  await writeFile(file, await bundleWorkflows())
}
