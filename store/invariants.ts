import { readFileSync } from 'node:fs'
import type pg from 'pg'
import type { Database } from './database.ts'
import { type ComparableIndex, type Evidence, gatherEvidence, layOut } from './invariants-evidence.ts'

export { CannotCheck, type ComparableIndex, type Evidence, type LedgerEntry } from './invariants-evidence.ts'

export type Invariant = { name: string; promise: string; eventual: boolean; sql: string }

/** `hint`: what whoever mends it needs to know beside the subject. */
export type Violation = { subject: string; detail: string; hint?: string }

/** `skipped` says why a promise could not be looked at. */
export type InvariantResult = Pick<Invariant, 'name' | 'promise' | 'eventual'> & {
  violations: Violation[]
  skipped?: string
}

export type CheckOptions = {
  database: Database
  gatewayUrl?: string | undefined
  temporal?: { address: string; namespace: string } | undefined
  index?: ComparableIndex | undefined
  /** Reads all that the index holds, and not only how much it is. */
  isWholeIndexRead?: boolean
  /** `always` leaves out what holds only once the traffic is over. */
  only?: 'always' | 'all'
}

export const invariants: readonly Invariant[] = parseInvariants(
  readFileSync(new URL('invariants.sql', import.meta.url), 'utf8'),
)

/** Looks at every promise in one snapshot of our data, beside the gateway's ledger and the list of running workflows. */
export async function checkInvariants(options: CheckOptions): Promise<InvariantResult[]> {
  const { database, only = 'all' } = options
  const evidence = await gatherEvidence(options)
  const client = await database.connect()
  try {
    await client.query('begin isolation level repeatable read')
    await client.query(`set local statement_timeout = '5min'`)
    await client.query('set local idle_in_transaction_session_timeout = 0')
    // Every promise is about whole tables: a loop over one for each row of another, chosen by a wrong guess, takes hours.
    await client.query('set local enable_nestloop = off')
    // Customers come first: one core at most, and little of the disk.
    await client.query('set local max_parallel_workers_per_gather = 0')
    await client.query(`set local work_mem = '64MB'`)
    return await findViolations(client, evidence, only)
  } finally {
    // The temporary tables go with the transaction; nothing here is ever to be kept.
    await client.query('rollback').catch(() => undefined)
    client.release()
  }
}

/** Asks the queries of the file, inside the caller's transaction; what cannot be answered is skipped and says why. */
export async function findViolations(
  tx: pg.PoolClient,
  evidence: Evidence,
  only: 'always' | 'all' = 'all',
): Promise<InvariantResult[]> {
  await layOut(tx, evidence)
  const results: InvariantResult[] = []
  for (const { name, promise, eventual, sql } of invariants) {
    if (eventual && only === 'always') continue
    const skipped = whyNot(sql, evidence)
    const violations = skipped === undefined ? (await tx.query<Violation>(sql)).rows : []
    results.push({ name, promise, eventual, violations, ...(skipped !== undefined && { skipped }) })
  }
  return results
}

function whyNot(sql: string, have: Evidence): string | undefined {
  if (sql.includes('gateway_') && !have.ledger) return 'no gateway address was given'
  if (sql.includes('running_workflows') && !have.runningWorkflows) return 'no Temporal address was given'
  if (/index_size|indexed_products/.test(sql) && !have.index) return 'no search index answers'
  if (sql.includes('indexed_products') && !have.index?.products) return 'the search index was not read as a whole'
  return undefined
}

/** Reads the file's own headers: `-- name:`, `-- promise:` and perhaps `-- eventual: true`, then one statement. */
function parseInvariants(file: string): Invariant[] {
  const [, ...sections] = file.split(/^-- name: /m)
  return sections.map((section) => {
    const header =
      /^(?<name>\w+)\n-- promise: (?<promise>.+)\n(?<eventual>-- eventual: true\n)?(?<sql>[\s\S]+?);\n/.exec(section)
    if (!header?.groups)
      throw new Error(`The invariant "${section.split('\n', 1)[0]}" has no proper header or statement`)
    const { name = '', promise = '', eventual, sql = '' } = header.groups
    return { name, promise, eventual: eventual !== undefined, sql }
  })
}
