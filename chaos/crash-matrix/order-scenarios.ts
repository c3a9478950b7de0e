import { ask, atRest, buy, charged, end, type Ending, heard, ordered, type Scenario, type Visit } from './visit.ts'

const paid = (orderId: string) => end(orderId, 'paid', 'captured', charged, 1)
const shipped = (orderId: string) => end(orderId, 'shipped', 'captured', charged, 1)
const voided = (orderId: string) => end(orderId, 'cancelled', 'voided', ['authorization', 'void'], 0)
const refunded = (orderId: string) => end(orderId, 'cancelled', 'refunded', [...charged, 'refund'], 0)

const parcel = { carrier: 'DHL', tracking_number: 'JD014600003' }

export const sold: Scenario = async (visit) => {
  await visit.arm(visit.product.id)
  const { body } = await buy(visit, 201)
  return paid(body.id)
}

/** The same request once more, after it was answered. */
export const soldAndAskedAgain: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201)
  await visit.arm(orderId)
  const { body } = await buy(visit, 201)
  if (body.id !== orderId) throw new Error(`the repeat made another order, ${body.id}`)
  return paid(orderId)
}

export const declined: Scenario = async (visit) => {
  await visit.arm()
  const { body } = await buy(visit, 402, { token: 'tok_declined' })
  return end(body.order_id, 'cancelled', 'failed', [], 0)
}

export const tooRisky: Scenario = async (visit) => {
  await visit.arm()
  const { body } = await buy(visit, 403, { token: 'tok_risky' })
  return voided(body.order_id)
}

/** The customer's bank asks who they are. */
export const confirmedByCustomer: Scenario = async (visit) => {
  await visit.arm()
  const { body } = await buy(visit, 202, { token: 'tok_3ds' })
  await confirmPayment(visit, body.next_action.payment_intent_id)
  return paid(body.id)
}

/** The same, hit only when the customer has said who they are. */
export const newsOfCustomer: Scenario = async (visit) => {
  const { body } = await buy(visit, 202, { token: 'tok_3ds' })
  await atRest(visit, body.id)
  await visit.arm(body.id)
  await confirmPayment(visit, body.next_action.payment_intent_id)
  return paid(body.id)
}

/** Asked again while the customer is still to say who they are. */
export const waitingAndAskedAgain: Scenario = async (visit) => {
  const { body } = await buy(visit, 202, { token: 'tok_3ds' })
  await atRest(visit, body.id)
  await visit.arm(body.id)
  await buy(visit, 202, { token: 'tok_3ds' })
  await confirmPayment(visit, body.next_action.payment_intent_id)
  return paid(body.id)
}

async function confirmPayment({ shop }: Visit, intentId: string): Promise<void> {
  const { status } = await shop.gateway('POST', `/v1/payment_intents/${intentId}/confirm_action`, {
    body: { outcome: 'succeed' },
  })
  if (status !== 200) throw new Error(`the gateway answered ${status} to the customer's confirmation`)
}

export const heldForReview: Scenario = async (visit) => {
  await visit.arm()
  const { body } = await buy(visit, 202, { token: 'tok_review' })
  await ask(visit.staff, visit, body.id, 'approve', 201)
  return paid(body.id)
}

export const approved: Scenario = async (visit) => {
  const orderId = await ordered(visit, 202, { token: 'tok_review' })
  await visit.arm(orderId)
  await ask(visit.staff, visit, orderId, 'approve', 201)
  return paid(orderId)
}

export const rejected: Scenario = async (visit) => {
  const orderId = await ordered(visit, 202, { token: 'tok_review' })
  await visit.arm(orderId)
  await ask(visit.staff, visit, orderId, 'reject', 201)
  return voided(orderId)
}

const manual = { capture: 'manual' } as const

/** The money is left to the shipment, so the order is confirmed and told of without it. */
export const heldThenShipped: Scenario = async (visit) => {
  await visit.arm(visit.product.id)
  const { body } = await buy(visit, 201, manual)
  await ask(visit.staff, visit, body.id, 'shipments', 201, parcel)
  return shipped(body.id)
}

export const shippedAndCaptured: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201, manual)
  await visit.arm(orderId)
  await ask(visit.staff, visit, orderId, 'shipments', 201, parcel)
  return shipped(orderId)
}

export const shippedToCustomer: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201)
  await visit.arm(orderId)
  await ask(visit.staff, visit, orderId, 'shipments', 201, parcel)
  return shipped(orderId)
}

/** Shipped as soon as it is seen to be paid, whatever the crash has left of its workflow. */
export const shippedAtOnce: Scenario = async (visit) => {
  await visit.arm()
  const { body } = await buy(visit, 201)
  await ask(visit.staff, visit, body.id, 'shipments', 201, parcel)
  return shipped(body.id)
}

export const delivered: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201)
  await ask(visit.staff, visit, orderId, 'shipments', 201, parcel)
  await atRest(visit, orderId)
  await visit.arm(orderId)
  await ask(visit.staff, visit, orderId, 'deliveries', 201)
  return end(orderId, 'delivered', 'captured', charged, 1)
}

export const cancelledWhileHeld: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201, manual)
  await visit.arm(orderId)
  await ask(visit.customer, visit, orderId, 'cancel', 200)
  return voided(orderId)
}

export const cancelledAfterCapture: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201)
  await visit.arm(orderId)
  await ask(visit.customer, visit, orderId, 'cancel', 200)
  return refunded(orderId)
}

/** The customer's bank takes the money back for now, and a person sees to it. */
export const disputed: Scenario = async (visit) => {
  await visit.arm()
  const { body } = await buy(visit, 201, { token: 'tok_late_decline' })
  return seenTo(visit, body.id)
}

export const disputeSeenTo: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201, { token: 'tok_late_decline' })
  await visit.shop.needsAttention(orderId, true)
  await visit.arm(orderId)
  return seenTo(visit, orderId)
}

/** The bank gives the money back for good, and nobody is called any more. */
export const disputeWon: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201, { token: 'tok_late_decline' })
  await visit.shop.needsAttention(orderId, true)
  await visit.arm(orderId)
  const { body } = await visit.shop.gateway('GET', `/v1/payment_intents?idempotency_key=${orderId}:authorize`)
  const settle = `/v1/payment_intents/${body.data[0].id}/settle_dispute`
  const { status } = await visit.shop.gateway('POST', settle, { body: { outcome: 'won' } })
  if (status !== 200) throw new Error(`the gateway answered ${status} to the bank's decision`)
  await visit.shop.needsAttention(orderId, false)
  return end(orderId, 'paid', 'captured', [...charged, 'dispute', 'reinstatement'], 1)
}

async function seenTo(visit: Visit, orderId: string): Promise<Ending> {
  await visit.shop.needsAttention(orderId, true)
  await ask(visit.staff, visit, orderId, 'resolve', 201)
  await visit.shop.needsAttention(orderId, false)
  return end(orderId, 'paid', 'captured', [...charged, 'dispute'], 1)
}

/** The gateway does not give the money back, a person is called, and then it does. */
export const undoRefused: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201, manual)
  visit.shop.armory.refuse(orderId, 'reversePayment')
  await visit.arm(orderId)
  return undoneAfterAll(visit, orderId)
}

export const refusedUndoSeenTo: Scenario = async (visit) => {
  const orderId = await ordered(visit, 201, manual)
  visit.shop.armory.refuse(orderId, 'reversePayment')
  return undoneAfterAll(visit, orderId, () => visit.arm(orderId))
}

async function undoneAfterAll(visit: Visit, orderId: string, beforeResolve?: () => Promise<void>): Promise<Ending> {
  const cancelling = ask(visit.customer, visit, orderId, 'cancel', 200)
  cancelling.catch(() => {}) // it is awaited below, after what may fail before
  await visit.shop.needsAttention(orderId, true)
  visit.shop.armory.allow(orderId, 'reversePayment')
  await beforeResolve?.()
  await ask(visit.staff, visit, orderId, 'resolve', 201)
  await cancelling
  return voided(orderId)
}

/** What Redis lost is sent once more by the sweep. */
export const eventsSwept: Scenario = async (visit) => {
  const { shop, name } = visit
  const orderId = await ordered(visit, 201)
  await shop.eventually('all its events are streamed', () => shop.areEventsStreamed(orderId))
  await shop.database.query(
    `update events set streamed_at = null, created_at = created_at - interval '5 seconds' where aggregate_id = $1`,
    [orderId],
  )
  const workflowId = `event-sweep-${name}`
  await visit.arm(workflowId)
  await shop.runWorkflow('eventSweep', workflowId)
  await shop.eventually('the sweep sent them', () => shop.areEventsStreamed(orderId))
  return paid(orderId)
}

/** Search learns of a changed product. */
export const searchFollows: Scenario = async (visit) => {
  const { shop, name, product } = visit
  const workflowId = `search-sync-${name}`
  await visit.arm(workflowId, product.id)
  await rename(visit)
  await shop.runWorkflow('searchSync', workflowId)
  if (shop.hasSearch) await shop.eventually('search has seen the change', () => shop.isIndexed(product.id))
  return undefined
}

/** The nudge may be lost with the process: the schedule makes it good. */
export const nudgeFollows: Scenario = async (visit) => {
  const { shop, product } = visit
  await visit.arm(product.id, 'search-sync-nudge')
  await rename(visit)
  if (shop.hasSearch) await shop.eventually('search has seen the change', () => shop.isIndexed(product.id))
  return undefined
}

async function rename({ staff, product, name }: Visit): Promise<void> {
  const changes = { name: `Renamed lamp ${name}` }
  const { body } = await heard(() => staff.ask('PATCH', `/v1/products/${product.id}`, changes), 200)
  if (body.name !== changes.name) throw new Error(`the product is called ${body.name}`)
}
