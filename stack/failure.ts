import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** Something a person can act on: what is wrong, what to do, and where the story stands. Never shown with a stack trace. */
export class StackProblem extends Error {
  readonly advice: string
  readonly logFile: string | undefined

  constructor(what: string, { advice, logFile }: { advice: string; logFile?: string }) {
    super(what)
    this.name = 'StackProblem'
    this.advice = advice
    this.logFile = logFile
  }
}

/** The lines a person reads when a start fails. */
export function explain(failure: unknown): string[] {
  if (!(failure instanceof StackProblem)) return [`✗ ${inOneSentence(failure)}`]
  const lines = [`✗ ${failure.message}`]
  const tail = failure.logFile ? lastLines(failure.logFile) : []
  if (tail.length > 0) lines.push(`  The last lines of ${failure.logFile}:`, ...tail.map((line) => `  | ${line}`))
  lines.push(`  ${failure.advice}`)
  return lines
}

export function inOneSentence(failure: unknown): string {
  const text = failure instanceof Error ? failure.message || failure.name : String(failure)
  return text.split('\n', 1)[0] ?? text
}

const tailBytes = 16_384

export function lastLines(file: string, count = 8): string[] {
  try {
    const fd = openSync(file, 'r')
    try {
      const { size } = fstatSync(fd)
      const buffer = Buffer.alloc(Math.min(size, tailBytes))
      readSync(fd, buffer, 0, buffer.length, size - buffer.length)
      const lines = buffer.toString('utf8').split('\n')
      return lines
        .filter((line) => line.trim() !== '')
        .slice(-count)
        .map((line) => line.slice(0, 300))
    } finally {
      closeSync(fd)
    }
  } catch {
    return []
  }
}
