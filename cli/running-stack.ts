import { resolve } from 'node:path'
import { type StackFile, readStackFile } from '../stack/stack-file.ts'

/** A command cannot do its work here; said in one sentence, without a stack trace. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun'
}

/** The stack whose state is kept in `dataDir`, as its file tells it. */
export function runningStack(dataDir: string): StackFile {
  const reading = readStackFile(resolve(dataDir))
  if ('stack' in reading) return reading.stack
  if ('broken' in reading) throw new CannotRun(`${dataDir}/stack.json cannot be read: ${reading.broken}`)
  throw new CannotRun(
    `No stack is running with its state in ${dataDir}: start one with npm start, or name another folder with --data`,
  )
}
