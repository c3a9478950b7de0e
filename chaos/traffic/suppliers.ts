import { inParallel } from '../../shopper/http.ts'
import { type Person, untilHeard } from './people.ts'

/** One who never says a word, one who is slow and short of units and whose answers get lost, and one who is good. */
const suppliers = {
  Silence: { behaviour: 'never_answers' },
  'Half & Late': { behaviour: 'confirms_part', answer_after_ms: 400, lose_answers: 3 },
  'Good as Gold': { behaviour: 'confirms' },
}

/** Each product can be had from all of them, and each third prefers another one. */
export async function engageSuppliers(
  { api, supplier }: { api: string; supplier: string },
  staff: Person,
  products: readonly string[],
): Promise<void> {
  const token = await staff.token()
  await fetch(new URL('/v1/settings', supplier), {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(suppliers),
  })
  const ids = await inParallel(Object.keys(suppliers), 1, async (name) => {
    const made = await untilHeard(api, { method: 'POST', path: '/v1/suppliers', token, body: { name } }, 201)
    return (made.body as { id: string }).id
  })
  const terms = { supplier_sku: 'CHAOS', lead_time_days: 1, unit_cost: { amount: 100, currency: 'USD' } }
  await inParallel([...products.entries()], 8, ([n, productId]) => {
    const inTurn = ids.map((_, at) => ids[(at + n) % ids.length])
    const body = { suppliers: inTurn.map((id) => ({ supplier_id: id, ...terms })) }
    return untilHeard(api, { method: 'PUT', path: `/v1/products/${productId}/suppliers`, token, body }, 200)
  })
}
