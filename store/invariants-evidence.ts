import { Client, Connection } from '@temporalio/client'
import type pg from 'pg'
import { z } from 'zod'
import type { CheckOptions } from './invariants.ts'
import type { SearchIndex } from './search-index.ts'

/** A system that has to be asked does not answer: nothing can be said about the invariants. */
export class CannotCheck extends Error {
  override readonly name = 'CannotCheck'
}

/** What is known from outside our database; a part that nobody could be asked for is missing. */
export type Evidence = {
  ledger?: { entries: LedgerEntry[]; readAt: Date }
  runningWorkflows?: string[]
  index?: { documents: number; products?: { id: string; version: number }[] }
}

/** What the search index can be asked about itself. */
export type ComparableIndex = Pick<SearchIndex, 'count' | 'listVersions'>

export async function gatherEvidence(options: CheckOptions): Promise<Evidence> {
  const { database, gatewayUrl, temporal, index, isWholeIndexRead = false, only } = options
  const { rows } = await database.query<{ now: Date }>('select clock_timestamp() as now')
  const readAt = rows[0]?.now as Date
  return {
    ...(gatewayUrl !== undefined && { ledger: { entries: await readLedger(gatewayUrl), readAt } }),
    ...(temporal && only !== 'always' && { runningWorkflows: await listRunningWorkflows(temporal) }),
    ...(index && only !== 'always' && (await readIndex(index, isWholeIndexRead))),
  }
}

/** The index is a convenience: while it is away nothing is said of it, and of everything else it is. */
async function readIndex(index: ComparableIndex, isWhole: boolean): Promise<Pick<Evidence, 'index'>> {
  try {
    const documents = await index.count()
    return { index: { documents, ...(isWhole && { products: await index.listVersions() }) } }
  } catch {
    return {}
  }
}

/** Puts the evidence beside our own tables, for as long as the transaction lasts. */
export async function layOut(tx: pg.PoolClient, { ledger, runningWorkflows, index }: Evidence): Promise<void> {
  if (ledger) await layOutLedger(tx, ledger.entries, ledger.readAt)
  if (runningWorkflows) await layOutWorkflows(tx, runningWorkflows)
  if (index) await layOutIndex(tx, index)
}

const ledgerPage = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      type: z.enum(['authorization', 'capture', 'void', 'refund', 'dispute', 'reinstatement']),
      amount: z.int(),
      currency: z.string(),
      order_id: z.string(),
      intent_id: z.string(),
      idempotency_key: z.string().nullable(),
      created_at: z.string(),
    }),
  ),
  next_cursor: z.string().nullish(),
})
export type LedgerEntry = z.infer<typeof ledgerPage>['data'][number]

const LEDGER_PAGE = 5_000

/** The gateway's whole ledger, page by page; a page is where it was however much is added behind it. */
async function readLedger(gatewayUrl: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for (let cursor: string | undefined; ; ) {
    const query = new URLSearchParams({ limit: String(LEDGER_PAGE), ...(cursor && { cursor }) })
    const page = ledgerPage.safeParse(await getJson(new URL(`/v1/ledger?${query}`, gatewayUrl)))
    if (!page.success)
      throw new CannotCheck(`What answers at ${gatewayUrl} is not the payment gateway: it has no ledger`)
    entries.push(...page.data.data)
    if (!page.data.next_cursor) return entries
    cursor = page.data.next_cursor
  }
}

async function getJson(url: URL): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000) })
    return await response.json()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw new CannotCheck(`The payment gateway at ${url.origin} does not answer`, { cause: error })
  }
}

async function listRunningWorkflows(temporal: { address: string; namespace: string }): Promise<string[]> {
  const cannotAsk = (cause: unknown) =>
    new CannotCheck(`Temporal at ${temporal.address} does not list the workflows of namespace ${temporal.namespace}`, {
      cause,
    })
  const connection = await Connection.connect({ address: temporal.address, connectTimeout: 5_000 }).catch((error) => {
    throw cannotAsk(error)
  })
  try {
    const { workflow } = new Client({ connection, namespace: temporal.namespace })
    const running: string[] = []
    const ours = ['order', 'refund', 'return', 'replenishment', 'webhook'].map(
      (kind) => `WorkflowId STARTS_WITH '${kind}-'`,
    )
    const query = `ExecutionStatus = 'Running' AND (${ours.join(' OR ')})`
    for await (const { workflowId } of workflow.list({ query, pageSize: 1_000 })) running.push(workflowId)
    return running
  } catch (error) {
    throw cannotAsk(error)
  } finally {
    await connection.close()
  }
}

async function layOutLedger(client: pg.PoolClient, entries: LedgerEntry[], readAt: Date): Promise<void> {
  await client.query(`
    create temporary table gateway_reading (read_at timestamptz not null) on commit drop;
    create temporary table gateway_ledger (
      id text not null, type text not null, amount_minor bigint not null, currency text not null, order_id text not null,
      intent_id text not null, idempotency_key text, created_at timestamptz not null
    ) on commit drop`)
  await client.query('insert into gateway_reading values ($1)', [readAt])
  for (let at = 0; at < entries.length; at += LEDGER_PAGE) {
    await client.query(
      `insert into gateway_ledger
       select id, type, amount, currency, order_id, intent_id, idempotency_key, created_at from jsonb_to_recordset($1)
           as e (id text, type text, amount bigint, currency text, order_id text, intent_id text, idempotency_key text,
                 created_at timestamptz)`,
      [JSON.stringify(entries.slice(at, at + LEDGER_PAGE))],
    )
  }
  await client.query('create index on gateway_ledger (intent_id, type); analyze gateway_ledger')
}

async function layOutWorkflows(client: pg.PoolClient, running: string[]): Promise<void> {
  await client.query('create temporary table running_workflows (workflow_id text primary key) on commit drop')
  await client.query('insert into running_workflows select distinct unnest($1::text[])', [running])
  await client.query('analyze running_workflows')
}

async function layOutIndex(
  client: pg.PoolClient,
  { documents, products }: NonNullable<Evidence['index']>,
): Promise<void> {
  await client.query('create temporary table index_size (documents bigint not null) on commit drop')
  await client.query('insert into index_size values ($1)', [documents])
  if (!products) return
  await client.query(
    'create temporary table indexed_products (id text primary key, version bigint not null) on commit drop',
  )
  await client.query('insert into indexed_products select * from unnest($1::text[], $2::bigint[])', [
    products.map(({ id }) => id),
    products.map(({ version }) => version),
  ])
  await client.query('analyze indexed_products')
}
