import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

type Details = { advice: string; logFile?: string /** Where this start's words begin in it. */; logFrom?: number }

/** Something a person can act on: what is wrong, what to do, and where the story stands. Never shown with a stack trace. */
export class StackProblem extends Error {
  readonly advice: string
  readonly logFile: string | undefined
  readonly logFrom: number

  constructor(what: string, { advice, logFile, logFrom = 0 }: Details) {
    super(what)
    this.name = 'StackProblem'
    this.advice = advice
    this.logFile = logFile
    this.logFrom = logFrom
  }
}

/** The lines a person reads when a start fails. */
export function explain(failure: unknown): string[] {
  if (!(failure instanceof StackProblem)) return [`✗ ${inOneSentence(failure)}`]
  const lines = [`✗ ${failure.message}`]
  const tail = failure.logFile ? lastLines(failure.logFile, failure.logFrom) : []
  if (tail.length > 0) lines.push(`  The last lines of ${failure.logFile}:`, ...tail.map((line) => `  | ${line}`))
  lines.push(`  ${failure.advice}`)
  return lines
}

export function inOneSentence(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  const { code } = (failure.cause ?? failure) as NodeJS.ErrnoException
  const text = (failure.message || failure.name).split('\n', 1)[0] ?? ''
  return code && !text.includes(code) ? `${text}, ${code}` : text
}

const tailBytes = 16_384

export function lastLines(file: string, from = 0, count = 8): string[] {
  try {
    const fd = openSync(file, 'r')
    try {
      const { size } = fstatSync(fd)
      const buffer = Buffer.alloc(Math.max(Math.min(size - from, tailBytes), 0))
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
