import { returnRefundIdOf } from '../../domain/ids.ts'
import { insist } from '../../shopper/http.ts'
import { newId } from '../../store/ids.ts'
import { ask, charged, type Ending, end, heard, ordered, type Scenario, type Visit } from './visit.ts'

const parcel = { carrier: 'DHL', tracking_number: 'JD014600003' }

const oneUnit = ({ product }: Visit) => [{ product_id: product.id, quantity: 1 }]
const soldOrder = (orderId: string): Ending => end(orderId, 'shipped', 'captured', charged, 1)
const returnedOrder = (orderId: string): Ending => end(orderId, 'shipped', 'refunded', [...charged, 'refund'], 0)

const shipped = async (visit: Visit): Promise<string> => {
  const orderId = await ordered(visit, 201)
  await ask(visit.staff, { ...visit, key: `${visit.key}-shipped` }, orderId, 'shipments', 201, parcel)
  return orderId
}

/** The key of the visit is kept for the request that is hit. */
async function asked(visit: Visit, orderId: string, key = `${visit.key}-asked`): Promise<string> {
  const request = { items: oneUnit(visit), reason: 'too big' }
  return (await ask(visit.customer, { ...visit, key }, orderId, 'returns', 201, request)).body.id as string
}

const act = (
  visit: Visit,
  returnId: string,
  path: string,
  status: number,
  body: object,
  key = `${visit.key}-${path}`,
) => heard(() => visit.staff.ask('POST', `/v1/returns/${returnId}/${path}`, body, key), status)

const received = (visit: Visit, returnId: string, key?: string) =>
  act(visit, returnId, 'receipts', 201, { items: oneUnit(visit).map((item) => ({ ...item, restock: true })) }, key)

const until = ({ shop }: Visit, returnId: string, status: string) =>
  shop.eventually(`the return is ${status}`, () => shop.isReturn(returnId, status))

/** The customer asks, and the shop says no. */
export const returnDenied: Scenario = async (visit) => {
  const orderId = await shipped(visit)
  await visit.arm(orderId)
  const returnId = await asked(visit, orderId, visit.key)
  await act(visit, returnId, 'deny', 200, {})
  await until(visit, returnId, 'denied')
  return soldOrder(orderId)
}

/** The answer to the approval is what is hit; then the goods come. */
export const returnApproved: Scenario = async (visit) => {
  const orderId = await shipped(visit)
  const returnId = await asked(visit, orderId)
  await visit.arm(orderId, returnId)
  await act(visit, returnId, 'approve', 200, {}, visit.key)
  await received(visit, returnId)
  await until(visit, returnId, 'refunded')
  return returnedOrder(orderId)
}

/** The goods come back, and the money goes. */
export const returnPaidBack: Scenario = async (visit) => {
  const orderId = await shipped(visit)
  const returnId = await asked(visit, orderId)
  await act(visit, returnId, 'approve', 200, {})
  await visit.arm(orderId, returnId)
  await received(visit, returnId, visit.key)
  await until(visit, returnId, 'refunded')
  return returnedOrder(orderId)
}

/** Nobody decides: the shop is reminded, a person is called, and then somebody does. */
export const returnLeftWaiting: Scenario = async (visit) => {
  const orderId = await shipped(visit)
  await visit.arm(orderId)
  const returnId = await asked(visit, orderId)
  await visit.shop.returnNeedsAttention(returnId)
  await act(visit, returnId, 'deny', 200, {})
  await until(visit, returnId, 'denied')
  return soldOrder(orderId)
}

export const returnGivenUp: Scenario = async (visit) => {
  const orderId = await shipped(visit)
  const returnId = await asked(visit, orderId)
  await visit.arm(orderId, returnId)
  await act({ ...visit, staff: visit.customer }, returnId, 'cancel', 200, {}, visit.key)
  await until(visit, returnId, 'cancelled')
  return soldOrder(orderId)
}

/** Approved, and nothing comes: this one has only a second for it. */
export const returnExpired: Scenario = async (visit) => {
  const { customer, product, shop } = visit
  const orderId = await shipped(visit)
  const returnId = newId('ret')
  await shop.startReturn({
    ...{ returnId, orderId, items: [{ productId: product.id, quantity: 1 }], reason: 'too big' },
    requester: { id: customer.id, isStaff: false },
    ...{ windowMs: 60_000, receiveWithinMs: 1_000, remindAfterMs: 60_000, escalateAfterMs: 60_000 },
    ownApprovalLimitMinor: 0,
  })
  await until(visit, returnId, 'requested')
  await visit.arm(orderId, returnId)
  await act(visit, returnId, 'approve', 200, {})
  await until(visit, returnId, 'expired')
  return soldOrder(orderId)
}

/** The gateway refuses the refund, a person leaves it at that, and somebody has it begun again. */
export const returnRefundRefused: Scenario = async (visit) => {
  const orderId = await shipped(visit)
  visit.shop.armory.refuse(orderId, 'payRefund')
  const returnId = await asked(visit, orderId)
  await act(visit, returnId, 'approve', 200, {})
  await visit.arm(orderId, returnId)
  await received(visit, returnId)
  await visit.shop.returnNeedsAttention(returnId, 'the refund failed')
  await visit.shop.leaveRefund(returnRefundIdOf(returnId))
  await visit.shop.returnNeedsAttention(returnId, 'its refund is failed')
  visit.shop.armory.allow(orderId, 'payRefund')
  await retried(visit, returnId)
  await until(visit, returnId, 'refunded')
  return returnedOrder(orderId)
}

/** Repeated after a crash it is under way already, and says so. */
async function retried({ staff }: Visit, returnId: string): Promise<void> {
  const { status, body } = await insist(() => staff.ask('POST', `/v1/returns/${returnId}/retry`))
  if (status !== 200 && status !== 409) throw new Error(`heard ${status} ${JSON.stringify(body)} to retry`)
}
