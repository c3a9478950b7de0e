import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { freePort, holderOf, isFree, listensOn, portNear } from '../../stack/ports.ts'

let server: Server | undefined
afterEach(() => new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined))))

test('a port on which somebody listens is never chosen', async () => {
  const taken = await listen(await freePort())
  expect(await isFree(taken)).toBe(false)
  expect(await portNear(taken)).not.toBe(taken)
})

test('a well-known port that is free is taken', async () => {
  const free = await freePort()
  expect(await portNear(free)).toBe(free)
})

test('the operator is told who holds a port', async () => {
  const taken = await listen(await freePort())
  expect(holderOf(taken)).toContain(`(process ${process.pid})`)
  expect(listensOn(process.pid, taken)).toBe(true)
  expect(listensOn(process.ppid, taken)).toBe(false)
})

test('chosen ports stay out of the range from which outgoing connections take theirs', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, freePort))
  expect(Math.max(...ports)).toBeLessThan(32_768)
  expect(new Set(ports).size).toBe(20)
})

function listen(port: number): Promise<number> {
  server = createServer()
  return new Promise((resolve) => server?.listen(port, '127.0.0.1', () => resolve(port)))
}
