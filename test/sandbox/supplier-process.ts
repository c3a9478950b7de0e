import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSandboxSuppliers } from '../../gateways/supplier/index.ts'
import { end, request, startProcess } from './sandbox-process.ts'

const serverFile = fileURLToPath(new URL('../../sandbox/supplier/server.ts', import.meta.url))

export type SupplierSandbox = Awaited<ReturnType<typeof openSupplierSandbox>>

/** A real supplier process on a free port, with books of its own that outlive restarts. */
export async function openSupplierSandbox() {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-supplier-'))
  const start = () => startProcess(serverFile, { DATABASE_FILE: join(folder, 'orders.db') })
  let running = await start()
  return {
    get url() {
      return running.url
    },
    gateway: (timeoutMs = 2_000) => createSandboxSuppliers({ baseUrl: running.url, timeoutMs }),
    /** By the name or id of a supplier. */
    become: (settings: Record<string, object>) => request(running.url, 'PATCH', '/v1/settings', settings),
    post: (path: string, body: object, key?: string) => request(running.url, 'POST', path, body, key),
    async orders(supplier?: string): Promise<any[]> {
      const query = supplier === undefined ? '' : `?supplier=${encodeURIComponent(supplier)}`
      return (await request(running.url, 'GET', `/v1/orders${query}`)).body.data
    },
    async killAndRestart(): Promise<void> {
      await end(running.process, 'SIGKILL')
      running = await start()
    },
    async close(): Promise<void> {
      await end(running.process, 'SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
