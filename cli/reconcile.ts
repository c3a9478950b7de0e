import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import { Command, CommanderError } from 'commander'
import { callTo } from '../shopper/http.ts'
import { CannotRun, runningStack } from './running-stack.ts'

const ENDS_WITHIN_MS = 10 * 60_000
const BETWEEN_LOOKS_MS = 500

type Run = {
  status: 'running' | 'finished'
  checked: number
  skipped: { name: string; why: string }[]
  found: number
  repaired: number
  open: number
}
type Finding = { check: string; subject: string; detail: string; cause: string; status: string; action: string | null }

async function main(args: string[]): Promise<number> {
  try {
    const { data } = new Command('npm run reconcile --')
      .description(
        'Compares the books with each other and with the world, mends what is safe to mend, and lists what was found. ' +
          'Exit 0: nothing is left. 1: something is for a person. 2: could not be done.',
      )
      .option('--data <dir>', 'state folder of a running stack', '.holdfast')
      .exitOverride()
      .parse(args, { from: 'user' })
      .opts<{ data: string }>()
    return await reconcile(runningStack(data))
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    console.error(error instanceof CannotRun ? `${error.message}.` : error)
    return 2
  }
}

async function reconcile({ api, admin }: ReturnType<typeof runningStack>): Promise<number> {
  const call = callTo(api)
  const { body: session } = await call('POST', '/v1/auth/login', { body: admin })
  const token = session.access_token as string
  const { status, body: started } = await call('POST', '/v1/admin/reconciliation', { token })
  if (status !== 202) throw new CannotRun(`The shop at ${api} does not begin: ${started.code ?? status}`)

  const look = async (query: string) => (await call('GET', `/v1/admin/reconciliation?${query}`, { token })).body
  const deadline = Date.now() + ENDS_WITHIN_MS
  let run = (await look(`run_id=${started.run_id}`)).run as Run | undefined
  while (run?.status !== 'finished') {
    if (Date.now() > deadline) throw new CannotRun(`The run ${started.run_id} has not ended within ten minutes`)
    await sleep(BETWEEN_LOOKS_MS)
    run = (await look(`run_id=${started.run_id}`)).run
  }
  const [open, repaired] = await Promise.all(
    ['open', 'repaired'].map(async (status) => (await look(`status=${status}&limit=100`)).data as Finding[]),
  )
  report(run, [...(repaired ?? []).slice(0, run.repaired), ...(open ?? [])])
  return run.open > 0 ? 1 : 0
}

function report(run: Run, findings: readonly Finding[]): void {
  for (const { check, subject, detail, cause, status, action } of findings) {
    const mark = status === 'repaired' ? styleText('green', '✓ repaired') : styleText('red', '✗ open')
    console.log(`${mark}  ${check}  ${subject}: ${detail}`)
    console.log(`    why: ${cause}`)
    if (action) console.log(`    done: ${action}`)
  }
  for (const { name, why } of run.skipped) console.log(`- not compared: ${name}: ${why}`)
  console.log(
    `${findings.length > 0 ? '\n' : ''}${run.checked} promises compared: ${run.found} new findings, ${run.repaired} repaired, ${run.open} open.`,
  )
}

process.exitCode = await main(process.argv.slice(2))
