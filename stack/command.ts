import { spawn } from 'node:child_process'
import { accessSync, appendFileSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where the shell would find the program. */
export function onPath(program: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const folders = (environment.PATH ?? '').split(delimiter).filter(Boolean)
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

type Options = {
  env?: NodeJS.ProcessEnv
  cwd?: string
  user?: { uid: number; gid: number } | undefined
  logFile?: string
  withinMs?: number
  onOutput?: (text: string) => void
}

/** Runs a command to its end; its words go to the log, and its output to the caller. Throws one sentence when it fails. */
export function run(command: string, args: string[], options: Options = {}): Promise<string> {
  const { env = process.env, cwd, user, logFile, withinMs, onOutput } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env,
      ...(cwd && { cwd }),
      ...(user && { uid: user.uid, gid: user.gid }),
      ...(withinMs && { timeout: withinMs }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const leave = () => child.kill()
    process.once('exit', leave)
    let output = ''
    const listen = (isOutput: boolean) => (chunk: Buffer) => {
      const text = chunk.toString('utf8')
      if (isOutput) output += text
      if (logFile) appendFileSync(logFile, text)
      onOutput?.(text)
    }
    child.stdout.on('data', listen(true))
    child.stderr.on('data', listen(false))
    child.once('error', (error) => reject(new Error(`${command} could not be run: ${error.message}`)))
    child.once('close', (code, signal) => {
      process.removeListener('exit', leave)
      if (code === 0) resolve(output)
      else reject(new Error(`${command} ended with ${signal ?? `code ${code}`}`))
    })
  })
}
