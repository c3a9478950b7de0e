import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inOneSentence, StackProblem } from '../failure.ts'
import type { Site } from '../site.ts'
import type { Supervised } from '../supervisor.ts'

export type Gateway = { url: string; process?: Supervised }
export type GatewayOptions = { webhookUrl: string; program?: string }

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url))

/** The sandbox payment gateway: the outside world's money, so it keeps its own ledger. */
export async function startGateway(site: Site, { webhookUrl, program }: GatewayOptions): Promise<Gateway> {
  let gateway: Gateway | undefined
  await site.report.step('Payment gateway', async () => {
    const given = site.environment.GATEWAY_URL
    if (given) {
      await checkGiven(given)
      gateway = { url: given }
      return `✓ Payment gateway at ${new URL(given).host}, from GATEWAY_URL`
    }
    gateway = await startServer(site, webhookUrl, program ?? join(projectFolder, 'sandbox/payment-gateway/server.ts'))
    return `✓ Payment gateway (sandbox) at ${new URL(gateway.url).host}, from this repository`
  })
  return gateway as unknown as Gateway
}

async function checkGiven(url: string): Promise<void> {
  try {
    await healthy(url)
  } catch (error) {
    throw new StackProblem(`GATEWAY_URL is set, but nothing healthy answers there: ${inOneSentence(error)}`, {
      advice: 'Start that gateway, correct the address, or unset GATEWAY_URL to use the sandbox.',
    })
  }
}

async function startServer(site: Site, webhookUrl: string, program: string): Promise<Gateway> {
  const folder = join(site.dataDir, 'gateway')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const port = await site.port(8190, 'the payment gateway')
  const url = `http://127.0.0.1:${port}`
  const supervised = await site.run({
    name: 'gateway',
    roles: ['gateway'],
    command: process.execPath,
    args: [program],
    cwd: projectFolder,
    env: {
      PORT: String(port),
      DATABASE_FILE: join(folder, 'ledger.db'),
      WEBHOOK_URL: webhookUrl,
      WEBHOOK_SECRET: site.secrets.webhookSecret,
    },
    verify: () => healthy(url),
    readyWithinMs: 30_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
    advice: `Read its log for the reason; when ${folder} is damaged, put it back from a copy or use --fresh.`,
  })
  return { url, process: supervised }
}

export async function healthy(url: string, path = '/health'): Promise<void> {
  const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5_000) })
  if (answer.ok) return void (await answer.arrayBuffer())
  throw new Error(`${path} answers ${answer.status}: ${(await answer.text()).slice(0, 200)}`)
}
