import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { callTo, inParallel, times } from '../../shopper/http.ts'
import { type Customer, customerOf } from '../../shopper/people.ts'
import { orderWorkflowId, refundWorkflowId, returnWorkflowId } from '../../domain/ids.ts'
import { withoutGivenServers } from '../../stack/given-servers.ts'
import { openStack, type OpenStack, type OpenStackOptions } from '../../stack/open-stack.ts'
import { openDatabase } from '../../store/database.ts'
import { newId } from '../../store/ids.ts'
import { checkInvariants, type InvariantResult } from '../../store/invariants.ts'
import { openSearchIndex } from '../../store/search-index.ts'
import { createSupplier, setSources } from '../../store/suppliers/index.ts'
import type { ReturnInput } from '../../workflows/return.messages.ts'
import { withoutComparisons } from '../without-comparisons.ts'
import { armoryVariable, openArmory } from './armory.ts'

export type MatrixShop = Awaited<ReturnType<typeof openMatrixShop>>

type Options = Pick<OpenStackOptions, 'apiProcesses' | 'workers' | 'onStatus'> & {
  environment: NodeJS.ProcessEnv
  folder: string
  withSearch: boolean
  onLine?: (line: string) => void
}

const crashPoints = fileURLToPath(new URL('../crash-points.ts', import.meta.url))
const EVENTUALLY_MS = 120_000

/** The whole product with a kill switch in each of its own processes, and all that looks at it from outside. */
export async function openMatrixShop({ folder, withSearch, environment, ...options }: Options) {
  const armory = openArmory(join(folder, 'armory'))
  armory.disarm()
  const running = await openStack({
    ...options,
    environment: withoutGivenServers(environment),
    dataDir: join(folder, 'stack'),
    port: 0,
    without: withSearch ? [] : ['opensearch'],
    preload: [crashPoints],
    env: {
      [armoryVariable]: join(folder, 'armory'),
      // Reminders and calls are steps to be killed at, too.
      REFUND_REMINDER_MS: '500',
      REFUND_ESCALATION_MS: '1000',
      RETURN_REMINDER_MS: '500',
      RETURN_ESCALATION_MS: '1000',
      REPLENISHMENT_LATE_MS: '500',
      SUPPLIER_ANSWER_MS: '5000',
      ...withoutComparisons,
      WEBHOOK_ALLOW_PRIVATE: 'yes',
    },
    restartsAtOnce: true,
  })
  try {
    return await around(running, armory)
  } catch (failure) {
    await running.stop()
    throw failure
  }
}

async function around(running: OpenStack, armory: ReturnType<typeof openArmory>) {
  const { stack } = running
  const call = callTo(stack.api)
  const gateway = callTo(stack.gateway)
  const supplierCall = callTo(stack.supplier ?? '')
  const database = openDatabase({ url: stack.postgres, poolSize: 4 })
  const connection = await Connection.connect({ address: stack.temporal.address })
  const temporal = new Client({ connection, namespace: stack.temporal.namespace })
  const index = stack.opensearch ? openSearchIndex(stack.opensearch) : undefined
  const staff = await signIn(stack.admin)
  // A dispute is a row's own doing: it must not come minutes later, in another one's time.
  await gateway('PATCH', '/v1/settings', { body: { dispute_delay_ms: 0 } })

  async function signIn({ email, password }: { email: string; password: string }): Promise<Customer> {
    const { body: tokens } = await call('POST', '/v1/auth/login', { body: { email, password } })
    const { body: user } = await call('GET', '/v1/me', { token: tokens.access_token })
    return customerOf(call, user, tokens.access_token)
  }

  async function newCustomer(): Promise<Customer> {
    const username = `matrix-${randomBytes(6).toString('hex')}`
    const account = { email: `${username}@example.com`, password: 'correct horse battery' }
    await call('POST', '/v1/auth/register', { body: { username, ...account } })
    return signIn(account)
  }

  async function newProduct(): Promise<{ id: string }> {
    const answer = await call('POST', '/v1/products', {
      token: staff.token,
      body: {
        sku: `MATRIX-${randomBytes(6).toString('hex').toUpperCase()}`,
        name: 'Matrix lamp',
        description: 'Made for one crash.',
        price: { amount: 19_99, currency: 'USD' },
        category: 'crashes',
        attributes: {},
        inventory: { on_hand: 100 },
      },
    })
    if (answer.status !== 201) throw new Error(`no product was made: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body as { id: string }
  }

  /** Looks until it is so; the database and Temporal are never killed here, so looking does not disturb. */
  async function eventually(what: string, isSo: () => Promise<boolean>, withinMs = EVENTUALLY_MS): Promise<void> {
    for (const deadline = Date.now() + withinMs; !(await isSo()); await sleep(100))
      if (Date.now() > deadline) throw new Error(`not so after ${withinMs / 1000} s: ${what}`)
  }

  const isTrue = async (sql: string, values: unknown[]): Promise<boolean> =>
    (await database.query<{ so: boolean }>(`select (${sql}) as so`, values)).rows[0]?.so ?? false

  return {
    running,
    armory,
    database,
    gateway,
    staff,
    eventually,
    hasSearch: index !== undefined,
    newCustomers: (count: number) => inParallel(times(count, String), 4, newCustomer),
    newProducts: (count: number) => inParallel(times(count, String), 4, newProduct),

    needsAttention: (orderId: string, wanted: boolean) =>
      eventually(`the order ${wanted ? 'asks for' : 'no longer asks for'} a person`, () =>
        isTrue('select (needs_attention is not null) = $2 from orders where id = $1', [orderId, wanted]),
      ),
    refundNeedsAttention: (orderId: string) =>
      eventually('the refund asks for a person', () =>
        isTrue('select exists (select from refunds where order_id = $1 and needs_attention is not null)', [orderId]),
      ),
    hasRefund: (orderId: string, status: string) =>
      isTrue('select exists (select from refunds where order_id = $1 and status = $2)', [orderId, status]),
    returnNeedsAttention: (returnId: string, why = '') =>
      eventually('the return asks for a person', () =>
        isTrue('select coalesce(starts_with(needs_attention, $2), false) from returns where id = $1', [returnId, why]),
      ),
    isReturn: (returnId: string, status: string) =>
      isTrue('select exists (select from returns where id = $1 and status = $2)', [returnId, status]),
    startReturn: (input: ReturnInput) =>
      temporal.workflow.start('returnOfGoods', {
        workflowId: returnWorkflowId(input.returnId),
        taskQueue: 'orders',
        args: [input],
      }),
    lateReplenishment: (replenishmentId: string) =>
      eventually('the replenishment asks for a person', () =>
        isTrue('select needs_attention is not null from replenishments where id = $1', [replenishmentId]),
      ),
    hasStock: (productId: string, onHand: number, incoming: number) =>
      isTrue('select exists (select from stock where product_id = $1 and on_hand = $2 and incoming = $3)', [
        productId,
        onHand,
        incoming,
      ]),
    addSuppliers: async (productId: string, names: string[]) => {
      const suppliers = await Promise.all(names.map((name) => createSupplier(database, { id: newId('sup'), name })))
      const terms = { supplierSku: 'LAMP', leadTimeDays: 7, unitCostMinor: 9_99, currency: 'USD' }
      await setSources(
        database,
        productId,
        suppliers.map(({ id }) => ({ supplierId: id, ...terms })),
      )
    },
    /** What suppliers are like from now on, by name. */
    setSuppliers: (settings: object) => supplierCall('PATCH', '/v1/settings', { body: settings }),
    /** Whom a replenishment has asked, in order, and whether those who are not waited for know it. */
    hasAsked: (replenishmentId: string, statuses: string[], status: string) =>
      isTrue(
        `select array_agg(o.status order by o.turn) = $2::text[]
                and bool_and(o.status <> 'withdrawn' or o.told_at is not null) and min(r.status) = $3
           from supplier_orders o join replenishments r on r.id = o.replenishment_id where r.id = $1`,
        [replenishmentId, statuses, status],
      ),
    leaveRefund: (refundId: string) =>
      temporal.workflow.getHandle(refundWorkflowId(refundId)).signal('resolve', { action: 'skip', by: 'operator' }),
    areEventsStreamed: (orderId: string) =>
      isTrue('select count(*) > 0 and count(*) = count(streamed_at) from events where aggregate_id = $1', [orderId]),
    isViewed: (userId: string, productId: string) =>
      isTrue('select exists (select from product_views where user_id = $1 and product_id = $2)', [userId, productId]),
    isDecidedAbout: (modelId: string) =>
      isTrue(`select exists (select from recommendation_models where id = $1 and status <> 'candidate')`, [modelId]),
    isIndexed: (productId: string) =>
      isTrue('select indexed_version = version from products where id = $1', [productId]),

    cancelWorkflow: (workflowId: string) => temporal.workflow.getHandle(workflowId).cancel(),
    hasDelivery: (deliveryId: string, status: string) =>
      isTrue('select exists (select from webhook_deliveries where id = $1 and status = $2)', [deliveryId, status]),
    wasTried: (deliveryId: string) =>
      eventually('the delivery was tried', () =>
        isTrue('select exists (select from webhook_attempts where delivery_id = $1)', [deliveryId]),
      ),

    runWorkflow: (
      type:
        | 'eventSweep'
        | 'searchSync'
        | 'reorderSweep'
        | 'reconciliation'
        | 'viewCollection'
        | 'recommendationTraining',
      workflowId: string,
      args: object[] = [],
    ): Promise<unknown> => temporal.workflow.execute(type, { workflowId, taskQueue: 'orders', args }),

    /** Whether the order's workflow waits for the world, or has ended. */
    async isAtRest(orderId: string): Promise<boolean> {
      const { raw } = await temporal.workflow.getHandle(orderWorkflowId(orderId)).describe()
      return !raw.pendingWorkflowTask && (raw.pendingActivities ?? []).length === 0
    },

    movesOf: async (orderId: string): Promise<string[]> =>
      ((await gateway('GET', `/v1/ledger?order_id=${orderId}`)).body.data as { type: string }[]).map(
        ({ type }) => type,
      ),

    promiseUnit: (productId: string) =>
      database.query('update stock set reserved = reserved + 1 where product_id = $1', [productId]),
    isMended: (productId: string, runId: string) =>
      isTrue(
        `select (select reserved = 0 from stock where product_id = $1)
            and (select count(*) = 1 and bool_and(status = 'repaired') from reconciliation_findings where subject = $1)
            and (select finished_at is not null from reconciliation_runs where id = $2)`,
        [productId, runId],
      ),

    /** Every promise of the invariants file, once the shop has come to rest; without an index none about it. */
    async promises(withinMs: number): Promise<InvariantResult[]> {
      const places = { gatewayUrl: stack.gateway, temporal: stack.temporal, index, isWholeIndexRead: true }
      const look = async () =>
        (await checkInvariants({ database, ...places })).filter(({ name }) => index || !name.startsWith('index_'))
      let results = await look()
      const isBroken = () => results.some(({ violations }) => violations.length > 0)
      for (const deadline = Date.now() + withinMs; isBroken() && Date.now() < deadline; results = await look())
        await sleep(250)
      return results
    },

    async close(): Promise<void> {
      armory.disarm()
      await connection.close()
      await index?.close()
      await database.end()
      await running.stop()
    },
  }
}
