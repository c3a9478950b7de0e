import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { StackProblem } from './failure.ts'

/** PostgreSQL and OpenSearch refuse to run as root, so under root they run as this user; otherwise as whoever starts them. */
export type ServerUser = { uid: number; gid: number; name: string }

const userName = 'postgres'

/** For root's stacks whose own folders such a user cannot enter (root's home, a private temporary folder). */
export const sharedFolder = '/var/lib/holdfast'

let found: ServerUser | undefined

export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  found ??= lookUp() ?? create()
  return found
}

function lookUp(): ServerUser | undefined {
  const id = (flag: string) => spawnSync('id', [flag, userName], { encoding: 'utf8' })
  const [uid, gid] = [id('-u'), id('-g')]
  if (uid.status !== 0 || gid.status !== 0) return undefined
  return { uid: Number(uid.stdout), gid: Number(gid.stdout), name: userName }
}

function create(): ServerUser {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--shell', '/usr/sbin/nologin', userName], { stdio: 'pipe' })
  } catch {
    // Told below, whatever the reason was.
  }
  const user = lookUp()
  if (user) return user
  throw new StackProblem(`PostgreSQL does not run as root, and the user "${userName}" could not be made`, {
    advice: `Add it by hand (useradd --system ${userName}), or run npm start as an ordinary user.`,
  })
}

export function canReach(user: ServerUser, path: string): boolean {
  const { status } = spawnSync('test', ['-x', path], { uid: user.uid, gid: user.gid, cwd: '/' })
  return status === 0
}

/** A folder below the state folder which the server's user owns; elsewhere, behind a link, when that user cannot get in. */
export function serverFolder(dataDir: string, name: string, user: ServerUser | undefined): string {
  const wanted = join(dataDir, name)
  if (!user) {
    mkdirSync(wanted, { recursive: true, mode: 0o700 })
    return wanted
  }
  const linked = linkTarget(wanted)
  if (!linked && canReach(user, dataDir)) {
    mkdirSync(wanted, { recursive: true, mode: 0o700 })
    chownSync(wanted, user.uid, user.gid)
    return wanted
  }
  const folder = linked ?? join(folderElsewhere(dataDir), name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chownSync(folder, user.uid, user.gid)
  if (!linked) symlinkSync(folder, wanted)
  return folder
}

/** Made for this state folder, after those of temporary state folders that are no more were cleared away. */
function folderElsewhere(dataDir: string): string {
  const all = join(sharedFolder, 'state')
  mkdirSync(all, { recursive: true, mode: 0o755 })
  for (const name of readdirSync(all)) {
    const origin = readOrigin(join(all, name))
    if (origin?.startsWith(`${tmpdir()}/`) && !existsSync(origin)) clearAway(join(all, name))
  }
  const folder = stateElsewhere(dataDir)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  writeFileSync(join(folder, originFile), dataDir)
  return folder
}

/** As far as it goes: a disk that a killed run left mounted in there must not keep another stack from starting. */
function clearAway(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch {
    // Nobody asked for that room; the next start tries again.
  }
}

const originFile = 'belongs-to'

function readOrigin(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, originFile), 'utf8')
  } catch {
    return undefined
  }
}

export const stateElsewhere = (dataDir: string) =>
  join(sharedFolder, 'state', createHash('sha256').update(dataDir).digest('hex').slice(0, 16))

function linkTarget(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined
}

/** The program's folder, or a copy of it where the server's user can run it. */
export function programFolder(folder: string, label: string, user: ServerUser | undefined): string {
  if (!user || canReach(user, folder)) return folder
  const copy = join(sharedFolder, 'programs', label)
  if (existsSync(copy)) return copy
  const draft = join(sharedFolder, 'programs', `.${basename(copy)}.${process.pid}`)
  mkdirSync(join(sharedFolder, 'programs'), { recursive: true, mode: 0o755 })
  cpSync(folder, draft, { recursive: true, verbatimSymlinks: true })
  try {
    renameSync(draft, copy)
  } catch {
    rmSync(draft, { recursive: true, force: true }) // another start was faster
  }
  return copy
}
