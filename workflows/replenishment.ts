import { continueAsNew, uuid4, workflowInfo } from '@temporalio/workflow'
import { isOpen, type ReplenishmentStatus } from '../domain/replenishment.ts'
import { promptly, steadily } from './effects.ts'
import { databasePolicy } from './policies.ts'
import { type ReplenishmentAsk, ReplenishmentDesk } from './replenishment-desk.ts'
import { beginSupply } from './replenishment-supply.ts'
import type { ReplenishmentInput, ReplenishmentResult, SupplyState } from './replenishment.messages.ts'
import { refusal } from './refusal.ts'
import type { Asked } from './request-queue.ts'
import { atDesk } from './work-desk.ts'

type Story = { input: ReplenishmentInput; desk: ReplenishmentDesk; supply: SupplyState }
type Refused = Omit<Extract<ReplenishmentResult, { status: 'refused' }>, 'replenishmentId'>

/** One order of units for the shelf: opened, ordered, and counted in until all have come or nobody waits any more. */
export async function replenishment(input: ReplenishmentInput): Promise<ReplenishmentResult> {
  const supply = input.supply ?? { turn: 1, isReminded: false, isAsked: false, chases: 0 }
  const story: Story = { input, desk: new ReplenishmentDesk(input), supply }
  const end = await atDesk(story.desk, () => bringIn(story))
  if (end === 'long') return continueAsNew<typeof replenishment>({ ...input, supply })
  return { replenishmentId: input.replenishmentId, ...(typeof end === 'string' ? { status: end } : end) }
}

/** `long`: the history is, and the replenishment goes on in a new run. */
async function bringIn(story: Story): Promise<ReplenishmentStatus | Refused | 'long'> {
  const { input, desk } = story
  const { replenishmentId, productId, quantity, requestedBy } = input
  const request = { replenishmentId, productId, quantity, requestedBy }
  const opened = await promptly('openReplenishment', [request], {
    summary: 'Open a replenishment of the product',
    policy: databasePolicy,
  })
  if (opened.outcome === 'refused') return desk.refuse(opened)
  desk.stands(opened)
  if (opened.status === 'draft') {
    desk.stands(
      await promptly('orderReplenishment', [{ replenishmentId }], {
        summary: 'Note that the units are on order',
        policy: databasePolicy,
      }),
    )
  }

  const supply = startSupply(story)
  const end = await standAtDesk(story, () => supply === undefined || supply.isByHand())
  await supply?.end(end !== 'long')
  return end
}

/** Suppliers are asked where there is somebody to ask them. */
function startSupply(story: Story): ReturnType<typeof beginSupply> | undefined {
  const { input, desk, supply: state } = story
  const { replenishmentId, suppliers: patience } = input
  if (!patience || !isOpen(desk.status)) return undefined
  return beginSupply({ replenishmentId, desk, patience, state, call: (why) => call(story, why) })
}

/** Does what people ask for. Without a supplier who promised the units, it is seen here when they do not come. */
async function standAtDesk(story: Story, isByHand: () => boolean): Promise<ReplenishmentStatus | 'long'> {
  const { input, desk } = story
  let isLate = false
  while (isOpen(desk.status)) {
    const asked = await desk.next(isLate || !isByHand() ? undefined : input.lateAfterMs)
    if (asked === 'late') {
      isLate = true
      await call(story, `late: ${desk.missing} of ${desk.quantity} units have not come`)
    } else if (asked !== 'nudged') await carryOut(story, asked)
    if (isOpen(desk.status) && desk.isIdle && workflowInfo().continueAsNewSuggested) return 'long'
  }
  return desk.status
}

async function carryOut({ input: { replenishmentId }, desk }: Story, asked: Asked<ReplenishmentAsk>): Promise<void> {
  if (asked.kind === 'cancel') {
    const { by, reason } = asked
    const standing = await steadily('cancelReplenishment', [{ replenishmentId, by, reason }], {
      summary: `Stop waiting for what has not come, for ${by}`,
      policy: databasePolicy,
    })
    desk.stands(standing)
    return asked.answer(
      standing.status === 'cancelled' ? undefined : refusal('invalid_transition', `It is ${standing.status}`),
    )
  }
  const { quantity, by, receiptId } = asked
  const receipt = { replenishmentId, receiptId: receiptId ?? `rcp_${uuid4()}`, quantity, by }
  const outcome = await steadily('receiveUnits', [receipt], {
    summary: `Count ${quantity} ${quantity === 1 ? 'unit' : 'units'} in, for ${by}`,
    policy: databasePolicy,
  })
  if (outcome.outcome === 'refused') return asked.answer(refusal(outcome.problem, outcome.detail))
  desk.stands(outcome)
  if (outcome.status === 'received') desk.call(null)
  asked.answer(undefined)
}

async function call({ input: { replenishmentId }, desk }: Story, why: string): Promise<void> {
  desk.call(why)
  await steadily('flagReplenishment', [{ replenishmentId, why }], {
    summary: 'Call a person to this replenishment',
    policy: databasePolicy,
  })
}
