import { execFile } from 'node:child_process'
import { availableParallelism, totalmem } from 'node:os'
import { promisify } from 'node:util'
import { projectFolder } from '../stack/servers/gateway.ts'
import type { RunRecord } from './record.ts'

/** What was run, and on what machine. */
export async function placeAndTime(): Promise<Pick<RunRecord, 'commit' | 'machine'>> {
  const git = (...args: string[]) => promisify(execFile)('git', args, { cwd: projectFolder })
  const commit = await git('describe', '--always', '--dirty', '--exclude', '*').then(
    ({ stdout }) => stdout.trim(),
    () => 'unknown',
  )
  const { version: node, platform } = process
  return { commit, machine: { cores: availableParallelism(), memoryBytes: totalmem(), node, platform } }
}
