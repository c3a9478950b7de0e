import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { inOneSentence, StackProblem } from '../failure.ts'
import type { Site } from '../site.ts'
import { healthy, projectFolder } from './gateway.ts'

/** The sandbox supplier: the outside world's promises, so it keeps its own books. Answers with its address. */
export async function startSupplier(site: Site): Promise<string> {
  let url = ''
  await site.report.step('Supplier', async () => {
    const given = site.environment.SUPPLIER_URL
    if (given) {
      await healthy(given).catch((error: unknown) => {
        throw new StackProblem(`SUPPLIER_URL is set, but nothing healthy answers there: ${inOneSentence(error)}`, {
          advice: 'Start that supplier, correct the address, or unset SUPPLIER_URL to use the sandbox.',
        })
      })
      url = given
      return `✓ Supplier at ${new URL(given).host}, from SUPPLIER_URL`
    }
    url = await startServer(site)
    return `✓ Supplier (sandbox) at ${new URL(url).host}, from this repository`
  })
  return url
}

async function startServer(site: Site): Promise<string> {
  const folder = join(site.dataDir, 'supplier')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const port = await site.port(8191, 'the supplier')
  const url = `http://127.0.0.1:${port}`
  await site.run({
    name: 'supplier',
    roles: ['supplier'],
    command: process.execPath,
    args: [join(projectFolder, 'sandbox/supplier/server.ts')],
    cwd: projectFolder,
    env: { PORT: String(port), DATABASE_FILE: join(folder, 'orders.db') },
    verify: () => healthy(url),
    readyWithinMs: 30_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
    advice: `Read its log for the reason; when ${folder} is damaged, put it back from a copy or use --fresh.`,
  })
  return url
}
