import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow'
import { isOpen, type ReplenishmentStatus } from '../domain/replenishment.ts'
import { promptly, steadily } from './effects.ts'
import { databasePolicy } from './policies.ts'
import { type Asked, ReplenishmentDesk } from './replenishment-desk.ts'
import type { ReplenishmentInput, ReplenishmentResult } from './replenishment.messages.ts'
import { refusal } from './refusal.ts'

type Story = { input: ReplenishmentInput; desk: ReplenishmentDesk }
type Refused = Omit<Extract<ReplenishmentResult, { status: 'refused' }>, 'replenishmentId'>

/** One order of units for the shelf: opened, ordered, and counted in until all have come or nobody waits any more. */
export async function replenishment(input: ReplenishmentInput): Promise<ReplenishmentResult> {
  const story: Story = { input, desk: new ReplenishmentDesk(input) }
  CancellationScope.current().cancelRequested.catch(() => story.desk.cancel())
  return CancellationScope.nonCancellable(async () => {
    const end = await bringIn(story)
    story.desk.close()
    await condition(allHandlersFinished)
    if (end === 'long') return continueAsNew<typeof replenishment>(input)
    return { replenishmentId: input.replenishmentId, ...(typeof end === 'string' ? { status: end } : end) }
  })
}

/** `long`: the history is, and the replenishment goes on in a new run. */
async function bringIn(story: Story): Promise<ReplenishmentStatus | Refused | 'long'> {
  const { input, desk } = story
  const { lateAfterMs, ...request } = input
  const opened = await promptly('openReplenishment', [request], {
    summary: 'Open a replenishment of the product',
    policy: databasePolicy,
  })
  if (opened.outcome === 'refused') {
    desk.refuse(refusal(opened.problem, opened.detail))
    return { status: 'refused', problem: opened.problem, detail: opened.detail }
  }
  desk.stands(opened)
  if (opened.status === 'draft') {
    const { replenishmentId } = input
    desk.stands(
      await promptly('orderReplenishment', [{ replenishmentId }], {
        summary: 'Note that the units are on order',
        policy: databasePolicy,
      }),
    )
  }

  let isLate = false
  while (isOpen(desk.status)) {
    const asked = await desk.next(isLate ? undefined : lateAfterMs)
    if (asked) await carryOut(story, asked)
    else {
      isLate = true
      await call(story, `late: ${desk.missing} of ${desk.quantity} units have not come`)
    }
    if (isOpen(desk.status) && desk.isIdle && workflowInfo().continueAsNewSuggested) return 'long'
  }
  return desk.status
}

async function carryOut({ input: { replenishmentId }, desk }: Story, asked: Asked): Promise<void> {
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
