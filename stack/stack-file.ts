import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Role = 'api' | 'worker' | 'temporal' | 'postgres' | 'redis' | 'opensearch' | 'gateway' | 'supplier'

/** What a ready stack tells the outside; the shape is in the contract. */
export type StackFile = {
  api: string
  temporal: { address: string; namespace: string; ui?: string; cli?: string }
  postgres: string
  redis?: string
  opensearch?: string
  gateway: string
  supplier?: string
  admin: { email: string; password: string }
  processes: Array<{ role: Role; pid: number }>
}

export const stackFileIn = (dataDir: string) => join(dataDir, 'stack.json')

/** A reader sees the old file or the new one, never half of one. */
export function writeStackFile(dataDir: string, stack: StackFile): void {
  writeWhole(stackFileIn(dataDir), `${JSON.stringify(stack, null, 2)}\n`)
}

export function removeStackFile(dataDir: string): void {
  rmSync(stackFileIn(dataDir), { force: true })
}

export type StackFileReading = { stack: StackFile } | { missing: true } | { broken: string }

export function readStackFile(dataDir: string): StackFileReading {
  const file = stackFileIn(dataDir)
  if (!existsSync(file)) return { missing: true }
  try {
    const stack = JSON.parse(readFileSync(file, 'utf8')) as StackFile
    if (typeof stack?.api !== 'string' || !Array.isArray(stack.processes))
      return { broken: 'it lacks api or processes' }
    return { stack }
  } catch (error) {
    return { broken: error instanceof Error ? error.message : String(error) }
  }
}

/** For small files that hold secrets or pids: whole, and readable by their owner alone. */
export function writeWhole(file: string, content: string): void {
  const draft = `${file}.${process.pid}.draft`
  writeFileSync(draft, content, { mode: 0o600 })
  renameSync(draft, file)
}
