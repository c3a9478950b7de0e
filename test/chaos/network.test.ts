import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Link, type Network, openNetwork } from '../../chaos/network.ts'

// A server that answers whatever it hears with the same, in capitals.
const heard: string[] = []
const server = createServer((socket) => {
  socket.on('error', () => undefined)
  socket.on('data', (data) => {
    heard.push(String(data))
    socket.write(String(data).toUpperCase())
  })
})
const folder = mkdtempSync(join(tmpdir(), 'holdfast-network-'))
let network: Network | undefined
let link: Link
let why = ''
let port = 0
let tookMs = 0

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    network = await openNetwork({ folder, environment: process.env })
  } catch (failure) {
    why = (failure as Error).message
    return
  }
  const address = await network.reach('temporal', `127.0.0.1:${(server.address() as AddressInfo).port}`)
  port = Number(address.split(':')[1])
  link = network.link('temporal') as Link
}, 180_000)
beforeEach(({ skip }) => skip(network === undefined, why))
afterAll(async () => {
  await network?.close()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  return socket
}

/** What is answered; `silence` or `closed` otherwise. */
async function ask(socket: Socket, words: string, withinMs = 500): Promise<string> {
  const answered = once(socket, 'data').then(
    ([data]) => String(data),
    () => 'closed',
  )
  const closed = once(socket, 'close').then(
    () => 'closed',
    () => 'closed',
  )
  socket.write(words)
  const asked = performance.now()
  const answer = await Promise.race([answered, closed, sleep(withinMs, 'silence')])
  tookMs = performance.now() - asked
  return answer
}
test('a link carries what is asked and what is answered', async () => {
  const socket = await open()
  expect(await ask(socket, 'hello')).toBe('HELLO')
  socket.destroy()
})

test('a cut link closes its connections and refuses new ones, until every cut is healed', async () => {
  const socket = await open()
  expect(await ask(socket, 'before')).toBe('BEFORE')
  const closed = once(socket, 'close')
  const heals = [await link.cut(), await link.cut()] as const
  await closed
  await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await heals[0]()
  await heals[0]()
  await expect(open(), 'the other cut lasts').rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await heals[1]()
  const again = await open()
  expect(await ask(again, 'again')).toBe('AGAIN')
  again.destroy()
})

test('a half-open link swallows what is sent and keeps its connections open', async () => {
  const [before, during] = [await open(), async () => open()]
  const heal = await link.impair([
    { type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } },
    { type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } },
  ])
  expect(await ask(before, 'old')).toBe('silence')
  const fresh = await during()
  expect(await ask(fresh, 'new')).toBe('silence')
  expect([before.destroyed, fresh.destroyed]).toEqual([false, false])
  expect(heard).not.toContain('old')
  await heal()
  const again = await open()
  expect(await ask(again, 'back')).toBe('BACK')
  for (const socket of [before, fresh, again]) socket.destroy()
})

test('a link that loses answers lets the request arrive', async () => {
  const socket = await open()
  const heal = await link.impair([{ type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } }])
  expect(await ask(socket, 'pay')).toBe('silence')
  expect(heard).toContain('pay')
  await heal()
  socket.destroy()
})

test('a slow link delays what passes, and is quick again when healed', async () => {
  const socket = await open()
  const heal = await link.impair([{ type: 'latency', stream: 'downstream', attributes: { latency: 300, jitter: 0 } }])
  expect(await ask(socket, 'slow', 2_000)).toBe('SLOW')
  expect(tookMs).toBeGreaterThanOrEqual(295)
  await heal()
  expect(await ask(socket, 'quick', 2_000)).toBe('QUICK')
  expect(tookMs).toBeLessThan(250)
  socket.destroy()
})

test('a link that resets ends connections as soon as they are used', async () => {
  const heal = await link.impair([{ type: 'reset_peer', stream: 'downstream', attributes: { timeout: 0 } }])
  const socket = await open()
  const failed = once(socket, 'error').catch((error: Error) => error)
  expect(await ask(socket, 'once')).toBe('closed')
  expect(await failed).toMatchObject([{ code: 'ECONNRESET' }])
  await heal()
  const again = await open()
  expect(await ask(again, 'fine')).toBe('FINE')
  again.destroy()
})

test('a narrowed link is healed also where nobody takes what was answered', async () => {
  const stuck = await open()
  stuck.pause()
  const heal = await link.impair([{ type: 'bandwidth', stream: 'downstream', attributes: { rate: 1_000_000 } }])
  // More than the buffers between hold: the proxy waits for somebody who does not read.
  stuck.write(Buffer.alloc(64 * 1_024 * 1_024, 'a'))
  await sleep(1_500) // nothing tells when the proxy's own buffers are full
  await heal()
  const again = await open()
  expect(await ask(again, 'open')).toBe('OPEN')
  for (const socket of [stuck, again]) socket.destroy()
}, 120_000)

test('proxied addresses keep their scheme, password and path', async () => {
  const url = await network!.reach('postgres', 'postgres://holdfast:secret@127.0.0.1:5432/holdfast')
  expect(url).toMatch(/^postgres:\/\/holdfast:secret@127\.0\.0\.1:\d+\/holdfast$/)
  expect(url).not.toContain(':5432')
  expect(await network!.front('http://127.0.0.1:8080')).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
})
