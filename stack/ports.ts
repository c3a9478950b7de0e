import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename } from 'node:path'

/** Below the kernel's range for outgoing connections: a client that dials a server that is just being restarted can
 * otherwise be given the server's own port, and then nothing can listen on it again. */
const lowest = 20_000
const highest = 32_000

const handedOut = new Set<number>()

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if (handedOut.has(port) || !(await isFree(port))) continue
    handedOut.add(port)
    return port
  }
  throw new Error(`no free port found between ${lowest} and ${highest}`)
}

/** The preferred port, or another one when it is taken. */
export async function portNear(preferred: number): Promise<number> {
  return (await isFree(preferred)) ? preferred : freePort()
}

export async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'))
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** Who listens on the port, as far as this user may see it: "nginx (process 812)". */
export function holderOf(port: number): string | undefined {
  const sockets = existsSync('/proc/net/tcp') ? listeningSockets(port) : new Set<string>()
  if (sockets.size === 0) return undefined
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (holdsOneOf(pid, sockets)) return `${commandName(pid)} (process ${pid})`
  }
  return undefined
}

/** Whether this very process listens there; several may share a port. Beyond Linux nobody can tell, so it is believed. */
export function listensOn(pid: number, port: number): boolean {
  return !existsSync('/proc/net/tcp') || holdsOneOf(String(pid), listeningSockets(port))
}

function listeningSockets(port: number): Set<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const row of readOr(table, '').split('\n').slice(1)) {
      const columns = row.trim().split(/\s+/)
      const isListening = columns[3] === '0A'
      if (isListening && columns[1]?.endsWith(`:${wanted}`)) inodes.add(`socket:[${columns[9]}]`)
    }
  }
  return inodes
}

function holdsOneOf(pid: string, sockets: Set<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`))
      } catch {
        return false
      }
    })
  } catch {
    return false // another user's process, or gone meanwhile
  }
}

/** The program, and for an interpreter the script with its folder: "node api/server.ts". */
function commandName(pid: string): string {
  const [program = '', argument = ''] = readOr(`/proc/${pid}/cmdline`, '').split('\0')
  const script = /^[^-].*\.\w+$/.test(argument) ? argument.split('/').slice(-2).join('/') : ''
  return [basename(program), script].filter(Boolean).join(' ') || 'a program'
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return otherwise
  }
}
