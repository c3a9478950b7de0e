import { diagnose, type FindingStatus, type Remedy } from '../../domain/reconciliation.ts'
import { type Database, type Db, inTransaction } from '../database.ts'
import type { InvariantResult } from '../invariants.ts'

export type Finding = {
  id: number
  check: string
  subject: string
  detail: string
  cause: string
  hint: string | null
  status: FindingStatus
  remedy: Remedy | null
  action: string | null
  foundBy: string
  seenBy: string
  createdAt: Date
  updatedAt: Date
  endedAt: Date | null
}

const findingColumns = `
  f.id, f.check_name as "check", f.subject, f.detail, f.cause, f.hint, f.status, f.remedy, f.action, f.found_by as "foundBy",
  f.seen_by as "seenBy", f.created_at as "createdAt", f.updated_at as "updatedAt", f.ended_at as "endedAt"`

// Also where another run has seen it since: each mends what it saw, and none waits for the other to do so.
const isSeenByRun = `exists (select from reconciliation_suspects s
                              where s.run_id = $1 and s.check_name = f.check_name and s.subject = f.subject)`

/** A promise that so much breaks has one cause, and a thousand of its victims say what it is. */
const MOST_OF_A_CHECK = 1_000

export type Look = { suspects: number; findings: number; remedies: Remedy[] }

/** When a look begins, by the clock that findings are dated with. */
export async function beginLook(db: Db): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>('select clock_timestamp() as now')
  return rows[0]?.now as Date
}

/**
 * Notes what a look saw. What an earlier look of the run saw too becomes a finding, or is seen to go on being one; what
 * is seen for the first time is only suspected; a finding that is not seen any more has ended. A repeat of the same look
 * confirms nothing. What another run found or mended since the look began is left as that run knows it.
 */
export function noteLook(
  database: Database,
  { runId, look, beganAt }: { runId: string; look: number; beganAt: Date },
  results: readonly InvariantResult[],
): Promise<Look> {
  const seen = results.flatMap(({ name, violations }) => {
    const { cause, remedy } = diagnose(name)
    return violations
      .slice(0, MOST_OF_A_CHECK)
      .map(({ subject, detail, hint }) => ({ name, subject, detail, hint, cause, remedy }))
  })
  const isWhole = ({ skipped, violations }: InvariantResult) => !skipped && violations.length <= MOST_OF_A_CHECK
  const skipped = results.flatMap(({ name, skipped: why }) => (why === undefined ? [] : [{ name, why }]))

  return inTransaction(database, async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(hashtext('holdfast:reconciliation'))`)
    await tx.query('update reconciliation_runs set checked = $2, skipped = $3 where id = $1', [
      runId,
      results.length - skipped.length,
      JSON.stringify(skipped),
    ])
    await tx.query(
      `insert into reconciliation_suspects (run_id, check_name, subject, look)
       select distinct on (name, subject) $1::text, name, subject, $2::int
         from jsonb_to_recordset($3) as v (name text, subject text)
       on conflict do nothing`,
      [runId, look, JSON.stringify(seen)],
    )
    await tx.query(
      `insert into reconciliation_findings (check_name, subject, detail, hint, cause, remedy, found_by, seen_by)
       select distinct on (v.name, v.subject) v.name, v.subject, v.detail, v.hint, v.cause, v.remedy, $1, $1
         from jsonb_to_recordset($3) as v (name text, subject text, detail text, hint text, cause text, remedy text)
         join reconciliation_suspects s on s.run_id = $1 and s.check_name = v.name and s.subject = v.subject and s.look < $2
        where not exists (select from reconciliation_findings ended
                           where ended.check_name = v.name and ended.subject = v.subject and ended.ended_at >= $4)
       on conflict (check_name, subject) where status = 'open'
       do update set detail = excluded.detail, hint = excluded.hint, cause = excluded.cause, remedy = excluded.remedy,
                     seen_by = $1, updated_at = now()`,
      [runId, look, JSON.stringify(seen), beganAt],
    )
    await tx.query(
      `update reconciliation_findings f
          set status = case when is_mended then 'repaired' else 'gone' end, ended_at = now(), updated_at = now()
        where f.status = 'open' and f.check_name = any($1::text[]) and f.created_at < $3
          and not exists (select from jsonb_to_recordset($2) as v (name text, subject text)
                           where v.name = f.check_name and v.subject = f.subject)`,
      [results.filter(isWhole).map(({ name }) => name), JSON.stringify(seen), beganAt],
    )
    // Counted and not taken from the insert: a repeat, whose first answer was lost, must say the same.
    const { rowCount: suspects } = await tx.query(
      'select from reconciliation_suspects where run_id = $1 and look = $2',
      [runId, look],
    )
    const { rows: open } = await tx.query<{ remedy: Remedy | null }>(
      `select remedy from reconciliation_findings f where status = 'open' and ${isSeenByRun} and tried_by is distinct from $1`,
      [runId],
    )
    const toTry = new Set(open.flatMap(({ remedy }) => remedy ?? []))
    return { suspects: suspects ?? 0, findings: open.length, remedies: [...toTry] }
  })
}

/** What this run saw, is a finding, and has a remedy that the run has not tried yet. */
export async function listToMend(db: Db, { runId, remedy }: { runId: string; remedy: Remedy }): Promise<Finding[]> {
  const { rows } = await db.query<Finding>(
    `select ${findingColumns} from reconciliation_findings f
      where status = 'open' and ${isSeenByRun} and remedy = $2 and tried_by is distinct from $1 order by id`,
    [runId, remedy],
  )
  return rows
}

/**
 * What was tried: without `isMended` it is for a person now, who reads why in `action`. Another run may have seen already
 * that it is right again, without knowing by whom.
 */
export async function noteAttempt(
  db: Db,
  attempt: { findingId: number; runId: string; action: string; isMended: boolean },
): Promise<void> {
  await db.query(
    `update reconciliation_findings
        set tried_by = $2, action = $3, is_mended = $4, updated_at = now(),
            status = case when $4 and status = 'gone' then 'repaired' else status end
      where id = $1`,
    [attempt.findingId, attempt.runId, attempt.action, attempt.isMended],
  )
}

export async function listOpenFindings(db: Db, runId: string): Promise<Finding[]> {
  const { rows } = await db.query<Finding>(
    `select ${findingColumns} from reconciliation_findings f where status = 'open' and seen_by = $1 order by id`,
    [runId],
  )
  return rows
}

export type FindingFilter = { status?: FindingStatus | undefined; before?: number | undefined; limit: number }

/** Newest first. `before` is the last id of the page before. */
export async function listFindings(db: Db, { status, before, limit }: FindingFilter): Promise<Finding[]> {
  const { rows } = await db.query<Finding>(
    `select ${findingColumns} from reconciliation_findings f
      where ($1::text is null or f.status = $1) and ($2::bigint is null or f.id < $2)
      order by f.id desc limit $3`,
    [status ?? null, before ?? null, limit],
  )
  return rows
}

export async function countOpenFindings(db: Db): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*) from reconciliation_findings where status = 'open'`,
  )
  return rows[0]?.count ?? 0
}
