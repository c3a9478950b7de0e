import type { ReconciliationKind } from '../../domain/reconciliation.ts'
import type { Db } from '../database.ts'

export type ReconciliationRun = {
  id: string
  kind: ReconciliationKind
  checked: number
  skipped: { name: string; why: string }[]
  /** Findings that this run was the first to see; that it mended; that are open by now, of this run or another. */
  found: number
  repaired: number
  open: number
  startedAt: Date
  finishedAt: Date | null
}

/** Repeating it changes nothing. */
export async function openRun(db: Db, { runId, kind }: { runId: string; kind: ReconciliationKind }): Promise<void> {
  await db.query('insert into reconciliation_runs (id, kind) values ($1, $2) on conflict do nothing', [runId, kind])
}

/** Ends the run, and forgets those that are older than what anybody asks for. Repeating it changes nothing. */
export async function closeRun(db: Db, runId: string): Promise<void> {
  await db.query(
    `with forgotten as (
       delete from reconciliation_runs r
        where r.started_at < now() - interval '30 days'
          and not exists (select from reconciliation_findings f where r.id in (f.found_by, f.seen_by, f.tried_by))
     ), known as (
       delete from reconciliation_suspects where run_id = $1
     )
     update reconciliation_runs set finished_at = coalesce(finished_at, now()) where id = $1`,
    [runId],
  )
}

/** The run of this id, or the one that was started last. */
export async function findRun(db: Db, runId?: string): Promise<ReconciliationRun | undefined> {
  const { rows } = await db.query<ReconciliationRun>(
    `select r.id, r.kind, r.checked, r.skipped, r.started_at as "startedAt", r.finished_at as "finishedAt",
            (select count(*) from reconciliation_findings f where f.found_by = r.id) as found,
            (select count(*) from reconciliation_findings f where f.tried_by = r.id and f.status = 'repaired') as repaired,
            (select count(*) from reconciliation_findings f where f.status = 'open') as open
       from reconciliation_runs r where $1::text is null or r.id = $1
      order by r.started_at desc limit 1`,
    [runId ?? null],
  )
  return rows[0]
}
