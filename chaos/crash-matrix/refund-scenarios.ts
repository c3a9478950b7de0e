import { insist } from '../../shopper/http.ts'
import { ask, charged, type Ending, end, ordered, type Scenario, type Visit } from './visit.ts'

const wholeLine = ({ product }: Visit) => ({
  items: [{ product_id: product.id, quantity: 1, restock: true }],
  reason: 'broken',
})

const refundedOrder = (orderId: string): Ending => end(orderId, 'paid', 'refunded', [...charged, 'refund'], 0)
const keptOrder = (orderId: string): Ending => end(orderId, 'paid', 'captured', charged, 1)

/** Staff give the money back and put the unit on the shelf. */
export const refundedByStaff: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201)
  await visit.arm(orderId)
  await ask(visit.staff, visit, orderId, 'refunds', 201, wholeLine(visit))
  return refundedOrder(orderId)
}

/** The customer asks, and somebody of the shop has to consent. */
async function requested(visit: Visit): Promise<{ orderId: string; refundId: string }> {
  const orderId = await ordered(visit, 201)
  const { body } = await ask(visit.customer, visit, orderId, 'refunds', 202, wholeLine(visit))
  return { orderId, refundId: body.id as string }
}

/** Repeated after a crash it was decided already, and says so. */
async function decide({ staff }: Visit, refundId: string, decision: 'approve' | 'reject' | 'retry'): Promise<void> {
  const { status, body } = await insist(() => staff.ask('POST', `/v1/refunds/${refundId}/${decision}`, {}))
  if (status !== 200 && status !== 409) throw new Error(`heard ${status} ${JSON.stringify(body)} to ${decision}`)
}

const untilDecided = ({ shop }: Visit, orderId: string, status: string) =>
  shop.eventually(`the refund is ${status}`, () => shop.hasRefund(orderId, status))

export const refundApproved: Scenario = async (visit) => {
  const { orderId, refundId } = await requested(visit)
  await visit.arm(orderId, refundId)
  await decide(visit, refundId, 'approve')
  await untilDecided(visit, orderId, 'succeeded')
  return refundedOrder(orderId)
}

export const refundRejected: Scenario = async (visit) => {
  const { orderId, refundId } = await requested(visit)
  await visit.arm(orderId, refundId)
  await decide(visit, refundId, 'reject')
  await untilDecided(visit, orderId, 'rejected')
  return keptOrder(orderId)
}

/** Nobody decides: the shop is reminded, a person is called, and then somebody does. */
export const refundLeftWaiting: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201)
  await visit.arm(orderId)
  const { body } = await ask(visit.customer, visit, orderId, 'refunds', 202, wholeLine(visit))
  await visit.shop.refundNeedsAttention(orderId)
  await decide(visit, body.id, 'reject')
  await untilDecided(visit, orderId, 'rejected')
  return keptOrder(orderId)
}

/** The gateway refuses, and a person has it tried again or leaves it at that. */
export const refundRefused: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201)
  visit.shop.armory.refuse(orderId, 'payRefund')
  await visit.arm(orderId)
  const { body } = await ask(visit.staff, visit, orderId, 'refunds', 201, wholeLine(visit))
  await untilDecided(visit, orderId, 'failed')
  return triedAgain(visit, orderId, body.id)
}

export const refusedRefundTriedAgain: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201)
  visit.shop.armory.refuse(orderId, 'payRefund')
  const { body } = await ask(visit.staff, visit, orderId, 'refunds', 201, wholeLine(visit))
  await visit.arm(orderId)
  return triedAgain(visit, orderId, body.id)
}

async function triedAgain(visit: Visit, orderId: string, refundId: string): Promise<Ending> {
  visit.shop.armory.allow(orderId, 'payRefund')
  await decide(visit, refundId, 'retry')
  await untilDecided(visit, orderId, 'succeeded')
  return refundedOrder(orderId)
}

export const refusedRefundLeft: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201)
  visit.shop.armory.refuse(orderId, 'payRefund')
  const { body } = await ask(visit.staff, visit, orderId, 'refunds', 201, wholeLine(visit))
  await visit.arm(orderId)
  await visit.shop.leaveRefund(body.id)
  return keptOrder(orderId)
}
