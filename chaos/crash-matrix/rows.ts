import type { Effect } from '../../workflows/effects.ts'
import type { Place } from './armory.ts'
import * as refundScenarios from './refund-scenarios.ts'
import * as orderScenarios from './order-scenarios.ts'
import * as recommendationScenarios from './recommendation-scenarios.ts'
import * as reconciliationScenarios from './reconciliation-scenarios.ts'
import * as replenishmentScenarios from './replenishment-scenarios.ts'
import * as returnScenarios from './return-scenarios.ts'
import type { Scenario } from './visit.ts'
import * as webhookScenarios from './webhook-scenarios.ts'

const scenarios = {
  ...orderScenarios,
  ...refundScenarios,
  ...returnScenarios,
  ...replenishmentScenarios,
  ...reconciliationScenarios,
  ...webhookScenarios,
  ...recommendationScenarios,
}
type ScenarioName = keyof typeof scenarios

const comparing: readonly Effect[] = ['openReconciliation', 'lookAtBooks', 'mendFindings', 'closeReconciliation']
const sweeps = ['reorder-sweep', 'event-sweep', 'search-sync', 'view-collection', 'recommendation-training'] as const
type Sweep = (typeof sweeps)[number]

export type Row = {
  id: string
  workflow: 'order' | 'refund' | 'return' | 'replenishment' | 'reconciliation' | 'webhook' | Sweep | 'API request'
  /** What is hit, as the table names it. */
  step: string
  attempt: 'quick' | 'steady' | null
  /** Where in it: `before`, `after`, or between two effects of one step. */
  moment: string
  scenario: ScenarioName
  place: Place
  /**
   * What brings the repeat: the time-out of a workflow task (5 s) or of an activity (20 s), or what is longer still. One
   * that comes alone would mend what other rows left undone, and hide it: all others have ended before it begins.
   */
  repeat: 'task' | 'activity' | 'long' | 'alone'
  needs?: 'opensearch'
}

type Wanted = { quick?: ScenarioName[]; steady?: ScenarioName[] }

/**
 * Each effect of each workflow, with what happens in the shop so that it is reached. `quick` is the attempt inside the
 * workflow task; `steady` the regular one, for what is never tried quickly or when the quick ones came to nothing.
 */
export const effects: Record<Effect, Wanted> = {
  placeOrder: { quick: ['sold', 'declined'], steady: ['sold'] },
  authorizePayment: { quick: ['sold', 'declined', 'tooRisky'], steady: ['sold'] },
  requireCustomerAction: { quick: ['confirmedByCustomer'], steady: ['confirmedByCustomer'] },
  checkPayment: { quick: ['newsOfCustomer'], steady: ['newsOfCustomer'] },
  requireReview: { quick: ['heldForReview'], steady: ['heldForReview'] },
  recordDecision: { steady: ['approved', 'rejected'] },
  payOrder: { quick: ['sold', 'approved', 'shippedAtOnce'], steady: ['sold'] },
  confirmOrder: { quick: ['heldThenShipped'], steady: ['heldThenShipped'] },
  capturePayment: { steady: ['shippedAndCaptured'] },
  recordShipment: { steady: ['shippedToCustomer', 'shippedAndCaptured'] },
  recordDelivery: { steady: ['delivered'] },
  recordDispute: { quick: ['disputed'], steady: ['disputed'] },
  recordDisputeEnd: { quick: ['disputeWon'], steady: ['disputeWon'] },
  reversePayment: {
    quick: ['declined', 'tooRisky', 'rejected'],
    steady: ['declined', 'cancelledWhileHeld', 'cancelledAfterCapture'],
  },
  cancelOrder: {
    quick: ['declined', 'cancelledWhileHeld', 'cancelledAfterCapture'],
    steady: ['cancelledAfterCapture'],
  },
  holdRefund: { quick: ['refundedByStaff', 'refundLeftWaiting'], steady: ['refundedByStaff'] },
  payRefund: { quick: ['refundedByStaff', 'refundApproved'], steady: ['refundedByStaff'] },
  settleRefund: { quick: ['refundedByStaff'], steady: ['refundedByStaff'] },
  decideRefund: { steady: ['refundApproved', 'refundRejected'] },
  remindOfRefund: { steady: ['refundLeftWaiting'] },
  flagRefund: { steady: ['refundLeftWaiting'] },
  dropRefund: { quick: ['refundRefused'], steady: ['refundRefused'] },
  holdRefundAgain: { steady: ['refusedRefundTriedAgain'] },
  unflagRefund: { steady: ['refusedRefundLeft'] },
  openReturn: { quick: ['returnDenied'], steady: ['returnDenied'] },
  decideReturn: { steady: ['returnApproved', 'returnDenied'] },
  receiveReturn: { steady: ['returnPaidBack'] },
  cancelReturn: { steady: ['returnGivenUp'] },
  expireReturn: { quick: ['returnExpired'], steady: ['returnExpired'] },
  oweReturn: { quick: ['returnPaidBack'], steady: ['returnPaidBack'] },
  settleReturn: { quick: ['returnPaidBack'], steady: ['returnPaidBack'] },
  remindOfReturn: { steady: ['returnLeftWaiting'] },
  flagReturn: { steady: ['returnLeftWaiting'] },
  unflagReturn: { steady: ['returnRefundRefused'] },
  openReplenishment: { quick: ['replenished'], steady: ['replenished'] },
  orderReplenishment: { quick: ['replenished'], steady: ['replenished'] },
  receiveUnits: { steady: ['unitsCountedIn'] },
  cancelReplenishment: { steady: ['replenishmentCancelled'] },
  flagReplenishment: { steady: ['replenishmentLate'] },
  askSupplier: { steady: ['promisedBySupplier'] },
  remindSuppliers: { steady: ['silentSupplierFollowedByNext'] },
  withdrawSupplierOrder: { steady: ['silentSupplierFollowedByNext'] },
  tellWithdrawals: { steady: ['silentSupplierFollowedByNext'] },
  listDueForReorder: { steady: ['lowShelfSwept'] },
  publishEvents: {
    quick: ['heldThenShipped', 'cancelledAfterCapture', 'delivered'],
    steady: ['heldThenShipped', 'delivered'],
  },
  flagAttention: { steady: ['undoRefused'] },
  clearAttention: { steady: ['disputeSeenTo', 'refusedUndoSeenTo'] },
  streamMissedEvents: { steady: ['eventsSwept'] },
  openReconciliation: { steady: ['shelfReconciled'] },
  lookAtBooks: { steady: ['shelfReconciled'] },
  mendFindings: { steady: ['shelfReconciled'] },
  closeReconciliation: { steady: ['shelfReconciled'] },
  syncSearchIndex: { steady: ['searchFollows'] },
  fanOutEvents: { steady: ['webhookSwept'] },
  startDeliveries: { steady: ['webhookSwept'] },
  sendWebhook: { steady: ['webhookDelivered'] },
  closeDelivery: { steady: ['webhookStopped'] },
  collectViews: { steady: ['viewsCollected'] },
  trainRecommendations: { steady: ['recommendationsTrained'] },
  decideOnRecommendations: { steady: ['recommendationsTrained'] },
}

const ofReplenishment = /Replenishment|Supplier|Withdrawals|^receiveUnits$/

type Between = { effect: Effect; moment: string; place: Place; scenario: ScenarioName; needs?: Row['needs'] }

const before = (step: string): Place => ({ step, moment: 'before' })
const after = (step: string): Place => ({ step, moment: 'after' })

/** Effects that are more than one: between the first and the next. */
const betweens: Between[] = [
  {
    effect: 'payOrder',
    moment: 'paid in our books, not captured',
    place: after('statement confirm-order'),
    scenario: 'sold',
  },
  ...(
    [
      ['payOrder', 'sold'],
      ['capturePayment', 'shippedAndCaptured'],
    ] as const
  ).map(([effect, scenario]) => ({
    effect,
    moment: 'captured, not in our books',
    place: before('statement record-capture'),
    scenario,
  })),
  {
    effect: 'payOrder',
    moment: 'told in our books, not in Redis',
    place: after('statement record-capture'),
    scenario: 'sold',
  },
  {
    effect: 'payOrder',
    moment: 'in Redis, not marked so',
    place: before('statement mark-streamed'),
    scenario: 'sold',
  },
  {
    effect: 'reversePayment',
    moment: 'key closed, not in our books',
    place: before('statement update payments set status ='),
    scenario: 'declined',
  },
  ...(['tooRisky', 'rejected', 'cancelledWhileHeld'] as const).map((scenario) => ({
    effect: 'reversePayment' as const,
    moment: 'voided, not in our books',
    place: before('statement update payments set voided = true'),
    scenario,
  })),
  {
    effect: 'reversePayment',
    moment: 'refunded, not in our books',
    place: before('statement settle-refund'),
    scenario: 'cancelledAfterCapture',
  },
  {
    effect: 'reversePayment',
    moment: 'money claimed, not asked for',
    place: after('statement hold-rest'),
    scenario: 'cancelledAfterCapture',
  },
  {
    effect: 'publishEvents',
    moment: 'recorded, not in Redis',
    place: after('statement record-order-events'),
    scenario: 'heldThenShipped',
  },
  {
    effect: 'publishEvents',
    moment: 'in Redis, not marked so',
    place: before('statement mark-streamed'),
    scenario: 'heldThenShipped',
  },
  ...(['before', 'after'] as const).map((moment) => ({
    effect: 'askSupplier' as const,
    moment: `supplier has promised, ${moment} it is in our books`,
    place: { step: 'statement with promised as', moment },
    scenario: 'promisedBySupplier' as const,
  })),
  {
    effect: 'tellWithdrawals',
    moment: 'supplier was told, not noted',
    place: before('statement update supplier_orders set told_at'),
    scenario: 'silentSupplierFollowedByNext',
  },
  {
    effect: 'streamMissedEvents',
    moment: 'in Redis, not marked so',
    place: before('statement mark-streamed'),
    scenario: 'eventsSwept',
  },
  {
    effect: 'sendWebhook',
    moment: 'taken, not in our books',
    place: before('statement record-webhook-attempt'),
    scenario: 'webhookDelivered',
  },
  {
    effect: 'collectViews',
    moment: 'in the database, still in Redis',
    place: after('statement record-views'),
    scenario: 'viewsCollected',
  },
  {
    effect: 'syncSearchIndex',
    moment: 'in the index, not marked so',
    place: before('statement update products set indexed_version ='),
    scenario: 'searchFollows',
    needs: 'opensearch',
  },
]

/** What the API does for a request, in its order: each is hit before and after. */
const requests: { request: string; scenario: ScenarioName; steps: string[] }[] = [
  {
    request: 'POST /v1/orders',
    scenario: 'sold',
    steps: [
      'statement quote-products',
      'statement record-checkout',
      'temporal start',
      'statement find-order',
      'statement record-answer',
    ],
  },
  { request: 'POST /v1/orders, declined', scenario: 'declined', steps: ['temporal start', 'statement record-answer'] },
  {
    request: 'POST /v1/orders, repeated',
    scenario: 'soldAndAskedAgain',
    steps: ['statement record-checkout', 'statement claim-key', 'statement find-key'],
  },
  {
    request: 'POST /v1/orders, repeated while pending',
    scenario: 'waitingAndAskedAgain',
    steps: ['statement find-checkout', 'statement find-order'],
  },
  {
    request: 'POST /v1/orders/:id/cancel',
    scenario: 'cancelledAfterCapture',
    steps: ['statement find-order', 'statement claim-key', 'temporal update', 'statement record-answer'],
  },
  {
    request: 'POST /v1/orders/:id/shipments',
    scenario: 'shippedAndCaptured',
    steps: ['statement claim-key', 'temporal update', 'statement record-answer'],
  },
  { request: 'POST /v1/orders/:id/deliveries', scenario: 'delivered', steps: ['temporal update'] },
  { request: 'POST /v1/orders/:id/approve', scenario: 'approved', steps: ['temporal update'] },
  { request: 'POST /v1/orders/:id/resolve', scenario: 'disputeSeenTo', steps: ['temporal update'] },
  {
    request: 'POST /v1/orders/:id/refunds',
    scenario: 'refundedByStaff',
    steps: ['statement claim-key', 'temporal start', 'statement find-refund', 'statement record-answer'],
  },
  {
    request: 'POST /v1/orders/:id/returns',
    scenario: 'returnDenied',
    steps: ['statement claim-key', 'temporal start', 'statement record-answer'],
  },
  {
    request: 'POST /v1/returns/:id/receipts',
    scenario: 'returnPaidBack',
    steps: ['statement claim-key', 'temporal update', 'statement record-answer'],
  },
  { request: 'POST /v1/returns/:id/approve', scenario: 'returnApproved', steps: ['temporal update'] },
  {
    request: 'POST /v1/replenishments',
    scenario: 'replenished',
    steps: ['statement claim-key', 'temporal start', 'statement record-answer'],
  },
  {
    request: 'POST /v1/replenishments/:id/receipts',
    scenario: 'unitsCountedIn',
    steps: ['statement claim-key', 'temporal update', 'statement record-answer'],
  },
  { request: 'POST /v1/refunds/:id/approve', scenario: 'refundApproved', steps: ['temporal update'] },
  {
    request: 'POST /v1/webhooks/payments',
    scenario: 'newsOfCustomer',
    steps: [
      'statement insert into payment_notices',
      'temporal signal',
      'statement update payment_notices set handled_at',
    ],
  },
  {
    request: 'DELETE /v1/webhook-endpoints/:id',
    scenario: 'endpointDeleted',
    steps: ['statement update webhook_endpoints set status'],
  },
  {
    request: 'PATCH /v1/products/:id',
    scenario: 'nudgeFollows',
    steps: ['statement update products set sku', 'temporal signal-with-start'],
  },
]

export const rows: readonly Row[] = [...effectRows(), ...betweenRows(), ...requestRows()].map((row, n) => ({
  id: `row-${n + 1}`,
  ...row,
}))

const byName: Record<ScenarioName, Scenario> = { ...scenarios }

export const scenarioOf = (row: Row): Scenario => byName[row.scenario]

function effectRows(): Omit<Row, 'id'>[] {
  return Object.entries(effects).flatMap(([effect, wanted]) =>
    (['quick', 'steady'] as const).flatMap((attempt) =>
      (wanted[attempt] ?? []).flatMap((scenario) =>
        (['before', 'after'] as const).map((moment) => ({
          workflow: workflowOf(effect as Effect),
          step: effect,
          attempt,
          moment,
          scenario,
          place: { step: `activity ${effect}`, moment, attempt },
          repeat: repeatOf(effect as Effect, attempt),
        })),
      ),
    ),
  )
}

function betweenRows(): Omit<Row, 'id'>[] {
  return betweens.map(({ effect, moment, place, scenario, needs }) => ({
    workflow: workflowOf(effect),
    step: effect,
    attempt: null,
    moment,
    scenario,
    place,
    repeat: repeatOf(effect, effects[effect].quick ? 'quick' : 'steady'),
    ...(needs && { needs }),
  }))
}

function requestRows(): Omit<Row, 'id'>[] {
  return requests.flatMap(({ request, scenario, steps }) =>
    steps.flatMap((step) =>
      (['before', 'after'] as const).map((moment) => ({
        workflow: 'API request' as const,
        step: request,
        attempt: null,
        moment: `${moment} ${inWords(step)}`,
        scenario,
        place: { step, moment },
        repeat: scenario === 'nudgeFollows' ? 'long' : 'task',
      })),
    ),
  )
}

function inWords(step: string): string {
  return step.startsWith('temporal ')
    ? `the ${step.replace('temporal ', '')} at Temporal`
    : step.replace('statement ', '')
}

function workflowOf(effect: Effect): Row['workflow'] {
  if (effect === 'streamMissedEvents' || effect === 'fanOutEvents' || effect === 'startDeliveries') return 'event-sweep'
  if (effect === 'sendWebhook' || effect === 'closeDelivery') return 'webhook'
  if (effect === 'listDueForReorder') return 'reorder-sweep'
  if (effect === 'syncSearchIndex') return 'search-sync'
  if (effect === 'collectViews') return 'view-collection'
  if (effect.endsWith('Recommendations')) return 'recommendation-training'
  if (comparing.includes(effect)) return 'reconciliation'
  if (effect.includes('Refund')) return 'refund'
  if (effect.includes('Return')) return 'return'
  return ofReplenishment.test(effect) ? 'replenishment' : 'order'
}

function repeatOf(effect: Effect, attempt: 'quick' | 'steady'): Row['repeat'] {
  const workflow = workflowOf(effect)
  if (workflow === 'reconciliation') return 'alone'
  if (sweeps.some((sweep) => sweep === workflow)) return 'long'
  return attempt === 'steady' ? 'activity' : 'task'
}
