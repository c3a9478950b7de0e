import { type Database, type Db, inTransaction } from '../database.ts'

export type RecommendationModel = {
  id: string
  status: 'candidate' | 'published' | 'rejected' | 'withdrawn'
  isServed: boolean
  lines: number | null
  settings: Record<string, unknown> | null
  figures: ModelFigures | null
  createdAt: Date
  publishedAt: Date | null
}

type Quality = { hitRate: number; ndcg: number; coverage: number }
export type ModelFigures = { cases: number; protocol: string; model: Quality; popularity: Quality }

/** Products, best first, each with its score. */
export type RankedProducts = { of: string; productIds: string[]; scores: number[] }

const columns = `id, status, is_served as "isServed", lines, settings, figures, created_at as "createdAt",
  published_at as "publishedAt"`

/** So many that were published are kept to be rolled back to. */
const KEPT_MODELS = 5

/** Repeating it changes nothing. */
export async function openModel(db: Db, modelId: string): Promise<void> {
  await db.query('insert into recommendation_models (id) values ($1) on conflict do nothing', [modelId])
}

const listsOf = { related: ['recommendation_related', 'product_id'], popular: ['recommendation_popular', 'segment'] }

/** Writes lists of a model; one that is there is written over, so it may be repeated from the start. */
export async function writeRankings(
  db: Db,
  modelId: string,
  kind: keyof typeof listsOf,
  rankings: readonly RankedProducts[],
): Promise<void> {
  const [table, key] = listsOf[kind]
  await db.query(
    `insert into ${table} (model_id, ${key}, product_ids, scores)
     select $1, l."of", l."productIds", l.scores
       from jsonb_to_recordset($2) as l ("of" text, "productIds" text[], scores real[])
     on conflict (model_id, ${key}) do update set product_ids = excluded.product_ids, scores = excluded.scores`,
    [modelId, JSON.stringify(rankings)],
  )
}

export async function noteTraining(
  db: Db,
  modelId: string,
  { lines, settings, figures }: { lines: number; settings: object; figures: ModelFigures },
): Promise<void> {
  await db.query('update recommendation_models set lines = $2, settings = $3, figures = $4 where id = $1', [
    modelId,
    lines,
    JSON.stringify(settings),
    JSON.stringify(figures),
  ])
}

/** Serves a candidate instead of the model before it. Of one that was decided about, the decision stands. */
export async function publishModel(database: Database, modelId: string): Promise<boolean> {
  return inTransaction(database, async (tx) => {
    await lockModels(tx)
    const { rowCount } = await tx.query(
      `update recommendation_models set status = 'published', published_at = now() where id = $1 and status = 'candidate'`,
      [modelId],
    )
    if (rowCount === 0) return false
    await serve(tx, modelId)
    await tx.query(
      `delete from recommendation_models
        where not is_served and created_at < now() - interval '1 day'
          and id not in (select id from recommendation_models where status = 'published' order by published_at desc limit $1)`,
      [KEPT_MODELS],
    )
    return true
  })
}

/** Keeps the row for whoever asks why, and none of its lists. */
export async function rejectModel(db: Db, modelId: string): Promise<void> {
  await db.query(
    `with rejected as (
       update recommendation_models set status = 'rejected' where id = $1 and status = 'candidate' returning id
     ), related as (
       delete from recommendation_related where model_id in (select id from rejected)
     )
     delete from recommendation_popular where model_id in (select id from rejected)`,
    [modelId],
  )
}

export type Rollback =
  | { outcome: 'rolled_back'; served: string }
  | { outcome: 'not_served' }
  | { outcome: 'nothing_before' }

/** Withdraws the model that is served, if it is still `modelId`, and serves the one that was published before it. */
export async function rollBackModel(database: Database, modelId: string): Promise<Rollback> {
  return inTransaction(database, async (tx) => {
    await lockModels(tx)
    const { rows } = await tx.query<{ id: string; previous: string | null }>(
      `select m.id, (select p.id from recommendation_models p
                      where p.status = 'published' and p.published_at < m.published_at
                      order by p.published_at desc limit 1) as previous
         from recommendation_models m where m.is_served and m.id = $1`,
      [modelId],
    )
    const served = rows[0]
    if (!served) return { outcome: 'not_served' }
    if (served.previous === null) return { outcome: 'nothing_before' }
    await tx.query(`update recommendation_models set is_served = false, status = 'withdrawn' where id = $1`, [modelId])
    await serve(tx, served.previous)
    return { outcome: 'rolled_back', served: served.previous }
  })
}

/** The one that is served, then the newest. */
export async function listModels(db: Db, limit: number): Promise<RecommendationModel[]> {
  const { rows } = await db.query<RecommendationModel>(
    `select ${columns} from recommendation_models order by is_served desc, created_at desc, id desc limit $1`,
    [limit],
  )
  return rows
}

const lockModels = (db: Db) => db.query(`select pg_advisory_xact_lock(hashtext('holdfast:recommendation-models'))`)

async function serve(db: Db, modelId: string): Promise<void> {
  await db.query('update recommendation_models set is_served = false where is_served')
  await db.query('update recommendation_models set is_served = true where id = $1', [modelId])
}
