// Runs one of the project's TypeScript files on the Node version that the project pins, and gets both first when they
// are missing. This file alone runs on the machine's own Node (20 or later), with nothing installed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** A failure in words for the person at the keyboard: what happened, and what to do. */
class Sorry extends Error {
  constructor(message, advice) {
    super(message)
    this.advice = advice
  }
}

const project = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(project, 'node_modules')
const pinnedNode = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
const stampFile = join(modules, '.holdfast-installed')
const lockFile = join(modules, '.holdfast-installing')
const installLog = join(modules, '.holdfast-install.log')

const [program, ...args] = process.argv.slice(2)
try {
  if (!program) throw new Sorry('No program was named', 'Use the npm scripts: npm start, npm test, npm run demo.')
  if (!isInstalled()) await installOnce()
  process.exitCode = await hand(pinnedNode, [join(project, program), ...args])
} catch (error) {
  process.stderr.write(`✗ ${error.message}.\n${error.advice ? `  ${error.advice}\n` : ''}`)
  process.exitCode = 1
}

function isInstalled() {
  return existsSync(pinnedNode) && readOr(stampFile, '') === fingerprint()
}

function fingerprint() {
  const files = ['package.json', 'package-lock.json'].map((name) => readOr(join(project, name), ''))
  return createHash('sha256').update(files.join('\0')).digest('hex')
}

/** Two npm commands at once must not write into the same node_modules. */
async function installOnce() {
  makeFolder()
  const release = await takeLock()
  try {
    if (isInstalled()) return // the one we waited for has done it
    if (!existsSync(stampFile)) {
      const { version } = lockedPackages()['node_modules/node'] ?? {}
      say(`This project pins Node ${version ?? 24}; the ${process.version} of this machine is only used to get there.`)
    }
    await install()
    if (!existsSync(pinnedNode)) {
      throw new Sorry(
        'The dependencies are installed, but the pinned Node is not among them: npm did not run its install script',
        'Run npm install --ignore-scripts=false, then try again.',
      )
    }
    writeFileSync(stampFile, fingerprint())
  } finally {
    release()
  }
}

function makeFolder() {
  try {
    mkdirSync(modules, { recursive: true })
  } catch (error) {
    throw new Sorry(
      `${modules} cannot be made (${error.code})`,
      'Clone the project into a folder that you may write to.',
    )
  }
}

async function takeLock() {
  const draft = `${lockFile}.${process.pid}`
  const since = Date.now()
  let toldAt = 0
  for (;;) {
    try {
      writeFileSync(draft, String(process.pid))
      linkSync(draft, lockFile) // whole and exclusive, in one step
      rmSync(draft)
      const leave = () => rmSync(lockFile, { force: true })
      process.once('exit', leave)
      return leave
    } catch (error) {
      rmSync(draft, { force: true })
      if (error.code !== 'EEXIST') throw inWords(error.code ?? error.message)
    }
    const holder = Number(readOr(lockFile, '0'))
    if (!isAlive(holder)) clearStaleLock(draft)
    if (Date.now() - toldAt > 10_000) {
      toldAt = Date.now()
      if (isAlive(holder))
        say(`Another command (process ${holder}) is installing the dependencies; waiting (${seconds(since)}).`)
    }
    await sleep(250)
  }
}

/** Moved away first and looked at then: meanwhile another waiter may have put its own lock there. */
function clearStaleLock(aside) {
  try {
    renameSync(lockFile, aside)
    if (isAlive(Number(readOr(aside, '0')))) linkSync(aside, lockFile)
  } catch {
    // another waiter was faster
  }
  rmSync(aside, { force: true })
}

async function install() {
  const since = Date.now()
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm']
  const [command, ...before] = [...npm, 'install', '--no-audit', '--no-fund']
  const child = spawn(command, before, { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] })
  let isBrokenOff = false
  const stopChild = (signal) => {
    isBrokenOff = true
    child.kill(signal)
  }
  process.on('SIGINT', stopChild).on('SIGTERM', stopChild)
  let words = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (words += chunk))

  const total = Object.keys(lockedPackages()).length
  const progress = () =>
    `Installing the dependencies: ${Math.min(countPackages(), total)} of about ${total} packages (${seconds(since)})`
  say(`Installing the dependencies, about ${total} packages.`)
  const timer = setInterval(() => showProgress(progress()), process.stdout.isTTY ? 500 : 5_000)
  const outcome = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.code ?? error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? 'done' : (signal ?? `code ${code}`)))
  })
  clearInterval(timer)
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[2K')
  process.removeListener('SIGINT', stopChild).removeListener('SIGTERM', stopChild)
  keep(words)
  if (isBrokenOff) throw new Sorry('The installation was broken off', 'Run the same command again; it goes on.')
  if (outcome !== 'done') throw inWords(`${outcome}\n${words}`)
  say(`Installed the dependencies (${seconds(since)}).`)
}

/** npm's many ways to fail, in the words of what a person can do about them. */
function inWords(words) {
  const has = (...codes) => codes.some((code) => words.includes(code))
  if (has('ENOSPC'))
    return new Sorry('The disk is full', 'The dependencies need about 1 GB; make room and run the same command again.')
  if (has('EACCES', 'EPERM', 'EROFS')) {
    return new Sorry(
      `npm may not write to ${modules}`,
      'Give yourself the right to write there, or clone the project elsewhere.',
    )
  }
  if (
    has(
      'ENOTFOUND',
      'EAI_AGAIN',
      'ECONNREFUSED',
      'ECONNRESET',
      'ETIMEDOUT',
      'ENETUNREACH',
      'EHOSTUNREACH',
      'ERR_SOCKET_TIMEOUT',
    )
  ) {
    return new Sorry(
      'The package registry cannot be reached',
      'Check the network (and npm config get registry, proxy), then run the same command again.',
    )
  }
  if (has('ENOENT') && !words.includes('\n'))
    return new Sorry('npm is not on PATH', 'Install npm, which comes with Node.')
  const lines = words.split('\n').filter((line) => /^npm (error|ERR!)/.test(line))
  const reason = lines
    .map((line) => line.replace(/^npm (error|ERR!) ?/, ''))
    .filter((line) => line && !line.startsWith('A complete log'))
  return new Sorry(
    `The dependencies could not be installed: ${reason.slice(0, 3).join(' ').slice(0, 300) || words.split('\n')[0]}`,
    `npm's own words are in ${installLog}. Removing node_modules and trying again often helps.`,
  )
}

/** Gives the terminal to the program: its input, its output, its signals and its exit code. */
function hand(command, commandArgs) {
  const child = spawn(command, commandArgs, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new Sorry(`The pinned Node cannot be run: ${error.message}`, 'Remove node_modules and try again.')),
    )
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}

function lockedPackages() {
  try {
    return JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')).packages
  } catch {
    return {}
  }
}

function countPackages() {
  const names = (folder) => {
    try {
      return readdirSync(folder).filter((name) => !name.startsWith('.'))
    } catch {
      return []
    }
  }
  return names(modules).reduce(
    (count, name) => count + (name.startsWith('@') ? names(join(modules, name)).length : 1),
    0,
  )
}

function showProgress(line) {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[2K${line.slice(0, (process.stdout.columns ?? 80) - 1)}`)
  else say(line)
}

function keep(words) {
  try {
    writeFileSync(installLog, words)
  } catch {
    // a full disk is told about already
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function readOr(file, otherwise) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return otherwise
  }
}

function say(line) {
  process.stdout.write(`${line}\n`)
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(0)} s`
}
