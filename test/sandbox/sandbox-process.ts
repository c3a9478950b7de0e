import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { createSandboxGateway } from '../../gateways/payment/sandbox.ts'
import type { LedgerEntry } from '../../sandbox/payment-gateway/ledger.ts'

// These promises hold on a busy machine too; only their time grows.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

/** Waits for something that a process on the other side will do by itself. */
export const eventually = (expectation: () => void | Promise<void>) =>
  vi.waitFor(expectation, { timeout: 15_000, interval: 20 })

export const webhookSecret = `whsec_${Buffer.from('a secret only for the tests').toString('base64')}`
export const serverFile = fileURLToPath(new URL('../../sandbox/payment-gateway/server.ts', import.meta.url))

export type Sandbox = Awaited<ReturnType<typeof openSandbox>>

/** A real gateway process on a free port, with a ledger of its own that outlives restarts. */
export async function openSandbox({ webhookUrl = '' } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-gateway-'))
  const start = () =>
    startProcess(serverFile, {
      DATABASE_FILE: join(folder, 'ledger.db'),
      WEBHOOK_URL: webhookUrl,
      WEBHOOK_SECRET: webhookSecret,
    })
  let running = await start()

  const sandbox = {
    get url() {
      return running.url
    },
    get stderr() {
      return running.stderr()
    },
    gateway: (timeoutMs = 2_000) => createSandboxGateway({ baseUrl: running.url, webhookSecret, timeoutMs }),
    post: (path: string, body: object, key?: string) => request(running.url, 'POST', path, body, key),
    get: (path: string) => request(running.url, 'GET', path),
    patchSettings: (settings: object) => request(running.url, 'PATCH', '/v1/settings', settings),
    scriptFault: (fault: object) => request(running.url, 'POST', '/v1/faults', fault),
    async ledger(orderId?: string): Promise<LedgerEntry[]> {
      const query = orderId === undefined ? '' : `?order_id=${encodeURIComponent(orderId)}`
      return (await request(running.url, 'GET', `/v1/ledger${query}`)).body.data
    },
    async killAndRestart(): Promise<void> {
      await end(running.process, 'SIGKILL')
      running = await start()
    },
    stop: () => end(running.process, 'SIGTERM'),
    async close(): Promise<void> {
      await end(running.process, 'SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
  return sandbox
}

/** One of the pretend companies, on a free port. */
export async function startProcess(program: string, env: Record<string, string>) {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [firstLine] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error(`${program} did not start: ${stderr}`))),
  ])
  const { url } = JSON.parse(String(firstLine)) as { url: string }
  return { process: child, url, stderr: () => stderr }
}

export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
  return child.exitCode
}

export async function request(baseUrl: string, method: string, path: string, body?: object, key?: string) {
  const response = await fetch(new URL(path, baseUrl), {
    method,
    headers: { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : undefined) as any }
}
