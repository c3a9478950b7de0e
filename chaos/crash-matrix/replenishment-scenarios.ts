import { heard, type Scenario, type Visit } from './visit.ts'

const UNITS = 10

/** Every product here has 100 on its shelf. What comes of it must stay so once the workflow has nothing left to do. */
const shelfComesTo = ({ shop, product }: Visit, onHand: number, incoming: number) =>
  shop.eventually(`${onHand} on the shelf and ${incoming} incoming`, () => shop.hasStock(product.id, onHand, incoming))

async function opened({ staff, product, key }: Visit, as = key): Promise<string> {
  const wanted = { product_id: product.id, quantity: UNITS }
  const { body } = await heard(() => staff.ask('POST', '/v1/replenishments', wanted, as), 201)
  return body.id as string
}

const countIn = ({ staff, key }: Visit, id: string) =>
  heard(() => staff.ask('POST', `/v1/replenishments/${id}/receipts`, { quantity: UNITS }, key), 201)

export const replenished: Scenario = async (visit) => {
  await visit.arm()
  await opened(visit)
  await shelfComesTo(visit, 100, UNITS)
  return undefined
}

export const unitsCountedIn: Scenario = async (visit) => {
  const id = await opened(visit, `${visit.key}-opened`)
  await visit.arm(id)
  await countIn(visit, id)
  await shelfComesTo(visit, 100 + UNITS, 0)
  return undefined
}

export const replenishmentCancelled: Scenario = async (visit) => {
  const id = await opened(visit, `${visit.key}-opened`)
  await visit.arm(id)
  await heard(() => visit.staff.ask('POST', `/v1/replenishments/${id}/cancel`, {}, visit.key), 200)
  await shelfComesTo(visit, 100, 0)
  return undefined
}

/** Nothing comes: a person is called, and then it does come. */
export const replenishmentLate: Scenario = async (visit) => {
  await visit.arm()
  const id = await opened(visit)
  await visit.shop.lateReplenishment(id)
  await countIn({ ...visit, key: `${visit.key}-came` }, id)
  await shelfComesTo(visit, 100 + UNITS, 0)
  return undefined
}

/** Two suppliers of this row's own, the first of whom is like this. */
async function supplied({ shop, product, name }: Visit, first: object): Promise<void> {
  await shop.addSuppliers(product.id, [`${name} first`, `${name} next`])
  await shop.setSuppliers({ [`${name} first`]: first })
}

export const promisedBySupplier: Scenario = async (visit) => {
  await supplied(visit, { behaviour: 'confirms' })
  await visit.arm()
  const id = await opened(visit)
  await visit.shop.eventually('the first supplier has promised the units', () =>
    visit.shop.hasAsked(id, ['confirmed'], 'confirmed'),
  )
  await shelfComesTo(visit, 100, UNITS)
  return undefined
}

/** Reminded, withdrawn and told so; the next one promises. The units are on order once. */
export const silentSupplierFollowedByNext: Scenario = async (visit) => {
  await supplied(visit, { behaviour: 'never_answers' })
  await visit.arm()
  const id = await opened(visit)
  await visit.shop.eventually('the next supplier has promised the units', () =>
    visit.shop.hasAsked(id, ['withdrawn', 'confirmed'], 'confirmed'),
  )
  await shelfComesTo(visit, 100, UNITS)
  return undefined
}

/** A shelf at its reorder point: the sweep that dies on the way opens one replenishment all the same, once. */
export const lowShelfSwept: Scenario = async (visit) => {
  const { shop, staff, product, name } = visit
  const workflowId = `reorder-sweep-${name}`
  await visit.arm(workflowId)
  // Both together, so that no other sweep comes between.
  await Promise.all([
    heard(
      () => staff.ask('PATCH', `/v1/inventory/${product.id}`, { reorder_point: 100, reorder_quantity: UNITS }),
      200,
    ),
    shop.runWorkflow('reorderSweep', workflowId, [{ lateAfterMs: 3_600_000 }]),
  ])
  await shelfComesTo(visit, 100, UNITS)
  return undefined
}
