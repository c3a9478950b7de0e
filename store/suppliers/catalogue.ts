import { DatabaseError } from 'pg'
import { Problem } from '../../domain/problems.ts'
import { type Database, type Db, inTransaction } from '../database.ts'

export type Supplier = { id: string; name: string; createdAt: Date }

/** From whom a product can be had, and on what terms. */
export type Source = {
  supplierId: string
  supplierSku: string
  leadTimeDays: number
  unitCostMinor: number
  currency: string
}

export type NamedSource = Source & { supplierName: string }

const supplierColumns = `id, name, created_at as "createdAt"`

export async function createSupplier(db: Db, { id, name }: { id: string; name: string }): Promise<Supplier> {
  try {
    const { rows } = await db.query<Supplier>(
      `insert into suppliers (id, name) values ($1, $2) returning ${supplierColumns}`,
      [id, name],
    )
    return rows[0] as Supplier
  } catch (error) {
    if (error instanceof DatabaseError && error.constraint === 'suppliers_name_unique')
      throw new Problem('supplier_name_taken')
    throw error
  }
}

/** In the order in which they were made. */
export async function listSuppliers(
  db: Db,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<Supplier[]> {
  const { rows } = await db.query<Supplier>(
    `select ${supplierColumns} from suppliers where $1::text is null or id > $1 order by id limit $2`,
    [after ?? null, limit],
  )
  return rows
}

export type SourcesOutcome = { outcome: 'set' } | { outcome: 'no_product' } | { outcome: 'no_supplier'; at: number }

/** Sets from whom a product can be had, the preferred one first. What suppliers were asked for already stays as it is. */
export function setSources(database: Database, productId: string, sources: readonly Source[]): Promise<SourcesOutcome> {
  return inTransaction(database, async (tx) => {
    // Two who set it at the same time do it one after the other.
    const { rowCount } = await tx.query(
      `select from stock k join products p on p.id = k.product_id where k.product_id = $1 and p.status <> 'deleted'
          for update of k`,
      [productId],
    )
    if (rowCount === 0) return { outcome: 'no_product' }
    const { rows: known } = await tx.query<{ id: string }>('select id from suppliers where id = any($1::text[])', [
      sources.map(({ supplierId }) => supplierId),
    ])
    const stranger = sources.findIndex(({ supplierId }) => !known.some(({ id }) => id === supplierId))
    if (stranger >= 0) return { outcome: 'no_supplier', at: stranger }
    await tx.query('delete from product_suppliers where product_id = $1', [productId])
    await tx.query(
      `insert into product_suppliers
              (product_id, supplier_id, preference, supplier_sku, lead_time_days, unit_cost_minor, currency)
       select $1, supplier_id, preference, supplier_sku, lead_time_days, unit_cost_minor, currency
         from unnest($2::text[], $3::text[], $4::int[], $5::bigint[], $6::text[]) with ordinality
           as s (supplier_id, supplier_sku, lead_time_days, unit_cost_minor, currency, preference)`,
      [
        productId,
        sources.map((source) => source.supplierId),
        sources.map((source) => source.supplierSku),
        sources.map((source) => source.leadTimeDays),
        sources.map((source) => source.unitCostMinor),
        sources.map((source) => source.currency),
      ],
    )
    return { outcome: 'set' }
  })
}

/** The preferred one first. */
export async function listSources(db: Db, productId: string): Promise<NamedSource[]> {
  const { rows } = await db.query<NamedSource>(
    `select s.supplier_id as "supplierId", n.name as "supplierName", s.supplier_sku as "supplierSku",
            s.lead_time_days as "leadTimeDays", s.unit_cost_minor as "unitCostMinor", s.currency
       from product_suppliers s join suppliers n on n.id = s.supplier_id
      where s.product_id = $1 order by s.preference`,
    [productId],
  )
  return rows
}
