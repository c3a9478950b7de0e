import { findViolations } from '../store/invariants.ts'
import { disturb, meddle } from './disturbances.ts'
import { createEngine } from './engine/engine.ts'
import type { WorkflowHost } from './engine/workflow-host.ts'
import { drawFaults, endFaults } from './faults.ts'
import { createGateway } from './gateway.ts'
import { brokenWords, contradictions, type Heard, strayOrders, unpaidReturns, unsold } from './history.ts'
import { createNetwork } from './network.ts'
import { fillShelves, person } from './opening.ts'
import { directly, type Postgres, simulatedPool } from './postgres.ts'
import { Scheduler } from './scheduler.ts'
import { boot, kill, newProcess, simulatedOutcomes } from './shop.ts'
import { ADDRESS, buy, drawPurchase, live, type Purchase } from './shoppers.ts'
import { giveUpForgotten, seeToIt, sweepShelves } from './staff.ts'
import { replenish } from './stockroom.ts'
import { createSuppliers } from './supplier.ts'
import { installVirtualGlobals } from './virtual-globals.ts'

export type Violation = { what: string; subject: string }

export type WorldResult = {
  seed: number
  checkouts: number
  hash: string
  steps: number
  virtualMs: number
  counts: Map<string, number>
  violations: Violation[]
  trace: readonly string[]
}

export type Machinery = { postgres: Postgres; host: WorkflowHost }

const DAY_MS = 24 * 60 * 60_000
/** Longer than the longest wait, of a refund that the gateway refused for somebody to have it tried again. */
const REST_WITHIN_MS = 40 * DAY_MS
const MOST_STEPS_PER_CHECKOUT = 4_000

/** One shop from its opening to rest: `checkouts` people buy, all goes wrong that may, and then everything must be in order. */
export async function runWorld(machinery: Machinery, seed: number, checkouts: number): Promise<WorldResult> {
  const scheduler = new Scheduler(seed)
  const restore = installVirtualGlobals(scheduler)
  const violations: Violation[] = []
  const violate = (what: string, subject: string) => {
    scheduler.note(`VIOLATION ${subject}: ${what}`)
    violations.push({ what, subject })
  }
  const result = () => ({
    seed,
    checkouts,
    hash: scheduler.hash,
    steps: scheduler.steps,
    virtualMs: scheduler.nowMs,
    counts: scheduler.counts,
    violations,
    trace: scheduler.trace,
  })
  try {
    await openShop(machinery, scheduler, violate, checkouts)
  } catch (error) {
    violate(`the simulation broke: ${error instanceof Error ? error.stack : String(error)}`, 'simulator')
  } finally {
    restore()
  }
  return result()
}

async function openShop(
  { postgres, host }: Machinery,
  scheduler: Scheduler,
  violate: (what: string, subject: string) => void,
  checkouts: number,
): Promise<void> {
  const { client } = postgres
  await postgres.empty()
  const direct = directly(postgres)
  const faults = drawFaults(scheduler)
  scheduler.note(`faults ${JSON.stringify(faults)}`)
  const database = simulatedPool(postgres, scheduler, faults.database)
  const processes = [newProcess('shop-1'), newProcess('shop-2')]
  const engine = createEngine({ scheduler, processes, violate }, host)
  const outcomes = simulatedOutcomes(scheduler, faults)
  const hear = ({ payload }: { payload?: string | undefined }) => outcomes.announce(payload ?? '')
  client.on('notification', hear)
  const network = createNetwork(scheduler, processes, faults)
  const gateway = createGateway(scheduler, faults.gateway, async (notice) => {
    const answer = await network.ask({ method: 'POST', path: '/v1/webhooks/payments', userId: staffId, body: notice })
    return answer !== undefined && answer.status < 300
  })
  const suppliers = createSuppliers(scheduler, faults.suppliers)
  const shop = { scheduler, database, gateway, suppliers, engine, outcomes, faults }
  const staffId = await person(direct, 'manager')
  const customers: string[] = []
  for (let at = 0; at < Math.max(3, checkouts / 5); at++) customers.push(await person(direct, 'user'))
  const productIds = await fillShelves(direct, scheduler, checkouts)
  for (const process of processes) boot(process, shop)

  const purchases: Purchase[] = []
  const heard: Heard = { refunds: [], returns: [], deliveries: [] }
  const deps = { scheduler, network, gateway, staffId, approverId: await person(direct, 'manager') }
  const trafficMs = checkouts * scheduler.between(20, 250)
  for (let at = 0; at < checkouts; at++)
    scheduler.after(scheduler.random() * trafficMs, 'somebody comes', async () => void shopping(newPurchase()))
  for (let at = 0; at < checkouts / 8; at++)
    scheduler.after(
      scheduler.random() * trafficMs,
      'a shelf is to be filled',
      async () => void replenish(deps, scheduler.pick(productIds), heard.deliveries),
    )
  scheduler.after(scheduler.random() * trafficMs, 'the shelves are looked at', () => sweepShelves(shop))
  const calm = disturb({ ...shop, processes, boot: (process) => boot(process, shop) })
  meddle({ ...shop, untilMs: trafficMs })

  const absenceMs = Math.max(faults.outage.ofGatewayMs, faults.outage.ofDatabaseMs, faults.suppliers.awayMs)
  // Long enough for what follows an order, too (goods come back, refunds are decided about), and for every absence to
  // end by itself: they begin within 8 s, and calm() leaves one that lasts as it is.
  const troubledMs = trafficMs + scheduler.between(10_000, 60_000) + absenceMs
  for (let part = 1; part <= 3; part++) {
    await run((troubledMs * part) / 3)
    await check('always')
  }
  await calm()
  // Processes stay up from here on; calls and statements go on failing while people let things lie.
  if (scheduler.chance(0.4)) await run(scheduler.nowMs + scheduler.between(DAY_MS, 20 * DAY_MS))
  scheduler.note('the troubles end')
  await countWhatHappened()
  endFaults(faults)
  for (const process of processes) process.evictions = 0
  await rest()
  sweepShelves(shop)
  await rest()
  // What stays as it is after that waits for something else.
  for (let round = 0; round < 5 && (await seeToIt({ ...shop, database: direct })) > 0; round++) await rest()
  for (const { identity, ...execution } of engine.executions.values()) {
    const why = execution.status === 'running' ? engine.unrest({ identity, ...execution }) : undefined
    if (why) violate(`it does not come to rest: ${why}`, identity.workflowId)
  }
  await giveUpForgotten({ scheduler, database: direct })
  await check('all')
  for (const purchase of purchases) {
    scheduler.after(0, 'asks once more', async () => void buy(deps, purchase))
  }
  await rest()
  const { rows: ends } = await direct.query<{ what: string; times: number }>(
    `select 'return is ' || status as what, count(*)::int as times from returns group by 1
     union all select 'supplier order is ' || status, count(*)::int from supplier_orders group by 1`,
  )
  for (const { what, times } of ends) scheduler.count(what, times)
  const untrue = [
    ...(await contradictions(direct, purchases)),
    ...(await brokenWords(direct, heard)),
    ...(await strayOrders(direct, suppliers)),
    ...(await unpaidReturns(direct)),
  ]
  for (const each of untrue) violate(each.what, each.subject)
  await sellTheRest()
  await check('all')
  client.off('notification', hear)
  for (const process of processes) await kill(process, scheduler)

  function newPurchase(): Purchase {
    const purchase = drawPurchase(scheduler, { key: `key-${purchases.length}`, customers, productIds })
    purchases.push(purchase)
    return purchase
  }

  async function shopping(purchase: Purchase): Promise<void> {
    const answer = await buy(deps, purchase)
    scheduler.count(
      `checkout ${answer.status}${answer.body?.code ? ` ${answer.body.code}` : ` ${answer.body?.status}`}`,
    )
    const orderId = answer.body?.id
    if (answer.status < 300 && orderId) await live(deps, purchase, orderId, heard)
  }

  async function countWhatHappened(): Promise<void> {
    const { rows } = await direct.query<{ what: string; times: number }>(
      'select what, count(*)::int as times from order_timeline group by what',
    )
    for (const { what, times } of rows) scheduler.count(`amid the troubles: ${what}`, times)
  }

  async function run(untilMs: number): Promise<void> {
    const ended = await scheduler.run(untilMs, checkouts * MOST_STEPS_PER_CHECKOUT)
    if (ended === 'steps') throw new Error('it never comes to rest: too many steps')
  }

  async function rest(): Promise<void> {
    const ended = await scheduler.run(scheduler.nowMs + REST_WITHIN_MS, checkouts * MOST_STEPS_PER_CHECKOUT)
    if (ended !== 'rest')
      violate(`it does not come to rest in ${REST_WITHIN_MS / 3_600_000} hours: ${scheduler.next}`, 'shop')
  }

  /** What is left of the sought-after product can be bought to the last unit, and not one more. */
  async function sellTheRest(): Promise<void> {
    const left = await unsold(direct, productIds[0] as string)
    const answers: number[] = []
    for (let at = 0; at <= left; at++) {
      scheduler.after(0, 'buys one of the last', async () => {
        const body = {
          items: [{ product_id: productIds[0], quantity: 1 }],
          payment: { method: 'card', token: 'tok_visa' },
          shipping_address: ADDRESS,
        }
        const userId = await person(direct, 'user')
        void network
          .ask({ method: 'POST', path: '/v1/orders', userId, key: `last-${at}`, body })
          .then((answer) => answers.push(answer?.status ?? 0))
      })
    }
    await rest()
    const sold = answers.filter((status) => status === 201 || status === 202).length
    if (sold !== left)
      violate(`${left} units were left and ${sold} of ${left + 1} got one: ${answers.join(' ')}`, 'shop')
  }

  async function check(only: 'always' | 'all'): Promise<void> {
    const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now')
    const running = [...engine.executions.values()].filter(({ status }) => status === 'running')
    const evidence = {
      ledger: { entries: [...gateway.ledger], readAt: rows[0]?.now as Date },
      runningWorkflows: running.map(({ identity }) => identity.workflowId),
    }
    await client.query('begin')
    const found = await findViolations(client as never, evidence, only).finally(() => client.query('rollback'))
    for (const { name, violations } of found)
      for (const { subject, detail } of violations) violate(`${name}: ${detail}`, subject)
  }
}
