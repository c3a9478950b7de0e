import {
  allHandlersFinished,
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  workflowInfo,
} from '@temporalio/workflow'
import type { RefundStatus } from '../domain/refund.ts'
import type { OrderFact, OrderEventType } from '../store/events.ts'
import type { HoldOutcome } from '../store/refunds/hold.ts'
import {
  type Effect,
  type EffectOptions,
  type Input,
  isFinalAnswer,
  type Output,
  refusalCodeOf,
  steadily,
  untilDone,
} from './effects.ts'
import { publish } from './order-facts.ts'
import { databasePolicy, moneyPolicy, REFUSED_REFUND_WAITS } from './policies.ts'
import { RefundDesk } from './refund-desk.ts'
import type { RefundInput, RefundResult } from './refund.messages.ts'
import { refusal } from './refusal.ts'
import { type RefundNews, refundNewsSignal } from './return.messages.ts'

type Story = { input: RefundInput; desk: RefundDesk; facts: OrderFact[] }
type Refused = Omit<Extract<RefundResult, { status: 'refused' }>, 'refundId'>
type Held = Extract<HoldOutcome, { outcome: 'held' }>

/** One refund: its money is claimed, somebody consents where that is needed, and it is paid out. */
export async function refund(input: RefundInput): Promise<RefundResult> {
  const story: Story = { input, desk: new RefundDesk(input), facts: [] }
  CancellationScope.current().cancelRequested.catch(() => story.desk.cancel())
  return CancellationScope.nonCancellable(async () => {
    const end = await giveBack(story)
    story.desk.close()
    await condition(allHandlersFinished)
    return { refundId: input.refundId, ...(typeof end === 'string' ? { status: end } : end) }
  })
}

async function giveBack(story: Story): Promise<RefundStatus | Refused> {
  const { input, desk } = story
  const { remindAfterMs: _, escalateAfterMs: __, ...request } = input
  const held = await insist(story, 'holdRefund', [request], {
    summary: 'Claim the money that is to go back',
    policy: databasePolicy,
  })
  if (held.outcome === 'refused') {
    desk.refuse(refusal(held.problem, held.detail))
    return { status: 'refused', problem: held.problem, detail: held.detail }
  }
  desk.held(held)
  if (held.status === 'pending_approval') desk.move({ status: held.status, stage: 'Waiting for approve or reject' })
  await tell(story, 'refund.requested')
  const status = held.status === 'pending_approval' ? await decide(story) : held.status
  switch (status) {
    case 'pending_approval':
    case 'rejected':
      return end(story, 'rejected')
    case 'succeeded':
      // Done in a task that was lost with its process.
      await tell(story, 'refund.success')
      return end(story, status)
    default:
      return payOut(story, { ...held, status })
  }
}

function end({ desk }: Story, status: RefundStatus): RefundStatus {
  desk.move({ status, stage: `The refund has ${status === 'succeeded' ? 'gone out' : `been ${status}`}` })
  return status
}

/** Waits for somebody's consent: reminds, then calls a person, and in the end lets the money go. */
async function decide(story: Story): Promise<RefundStatus> {
  const { input, desk } = story
  const { refundId, orderId, remindAfterMs, escalateAfterMs, approval } = input
  const beganAt = Date.now()
  const decidedBy = (afterMs: number, what: string) =>
    desk.decision(Math.min(afterMs, approval.deadlineMs) - (Date.now() - beganAt), what)

  let decision = await decidedBy(remindAfterMs, 'Then the shop is reminded')
  if (!decision) {
    await steadily('remindOfRefund', [{ refundId, orderId }], {
      summary: 'Remind the shop of the refund',
      policy: databasePolicy,
    })
    decision = await decidedBy(escalateAfterMs, 'Then a person is called')
  }
  if (!decision) {
    await call(story, 'waits for approve or reject, and nobody has decided')
    decision = await decidedBy(approval.deadlineMs, 'Then the refund is rejected')
  }
  decision ??= { approved: false, by: 'shop', reason: 'nobody decided in time' }

  const status = await insist(story, 'decideRefund', [{ refundId, orderId, ...decision }], {
    summary: `Note that it was ${decision.approved ? 'approved' : 'rejected'}`,
    policy: databasePolicy,
    isRequested: true,
  })
  desk.call(null)
  desk.move({ status, stage: status === 'rejected' ? `Rejected by ${decision.by}` : `Approved by ${decision.by}` })
  return status
}

/** Pays until it is paid, or until the gateway refuses and a person leaves it at that. */
async function payOut(story: Story, { amountMinor, status, attempt: first }: Held): Promise<RefundStatus> {
  const { input, desk } = story
  const { refundId, orderId } = input
  let attempt = status === 'failed' ? await askPerson(story, 'refused before') : first
  while (attempt !== undefined) {
    desk.move({ status: 'processing', stage: 'Asking the gateway to give the money back' })
    try {
      const paid = await insist(story, 'payRefund', [{ refundId, orderId, amountMinor, attempt }], {
        summary: 'Give the money back',
        policy: moneyPolicy,
      })
      await insist(story, 'settleRefund', [{ refundId, orderId, ...paid }], {
        summary: 'Write down that it was given back, and restock what comes back',
        policy: databasePolicy,
      })
      await tell(story, 'refund.success')
      return end(story, 'succeeded')
    } catch (error) {
      if (!isFinalAnswer(error)) throw error
      attempt = await askPerson(story, refusalCodeOf(error))
    }
  }
  return 'failed'
}

/** The gateway refused: no balance has changed. Answers under which number it is tried again, if it is. */
async function askPerson(story: Story, failureCode: string): Promise<number | undefined> {
  const { input, desk } = story
  const { refundId, orderId } = input
  await insist(story, 'dropRefund', [{ refundId, orderId, failureCode }], {
    summary: 'Let go of the claim',
    policy: databasePolicy,
  })
  desk.move({ status: 'failed', stage: `The gateway refused: ${failureCode}` })
  desk.call('the gateway refused; resolve with retry or skip')
  await tell(story, 'refund.failed')
  tellReturn({ status: 'failed', why: failureCode })
  for (;;) {
    const { action, by } = await desk.resolution(REFUSED_REFUND_WAITS, 'After this it stays as it is')
    if (action === 'skip') {
      await insist(story, 'unflagRefund', [{ refundId, orderId }], {
        summary: 'Nobody needs to look at this refund any more',
        policy: databasePolicy,
        isRequested: true,
      })
      desk.call(null)
      return undefined
    }
    const held = await insist(story, 'holdRefundAgain', [{ refundId, orderId, by }], {
      summary: 'Claim the money once more',
      policy: databasePolicy,
      isRequested: true,
    })
    if (held.outcome === 'held') {
      desk.call(null)
      tellReturn({ status: 'processing', why: '' })
      return held.attempt
    }
    desk.refuseAgain(held.detail)
    tellReturn({ status: 'failed', why: held.detail })
  }
}

/**
 * The return that this refund is for waits too; one that is over need not know. Nothing here waits for the signal: the
 * answer to it may come with the very next task, and must find somebody who waits for it.
 */
function tellReturn(news: RefundNews): void {
  const { parent } = workflowInfo()
  if (!parent) return
  const handle = getExternalWorkflowHandle(parent.workflowId)
  handle.signal(refundNewsSignal, news).catch(() => {})
}

function tell({ input, facts }: Story, type: OrderEventType): Promise<void> {
  facts.push({ type, subjectId: input.refundId })
  return publish({ input, facts })
}

const insist = <E extends Effect>(
  story: Story,
  effect: E,
  input: Input<E>,
  options: EffectOptions,
): Promise<Output<E>> =>
  untilDone(effect, input, {
    ...options,
    call: (why) => call(story, why),
    async endCall() {
      const { refundId, orderId } = story.input
      story.desk.call(null)
      await steadily('unflagRefund', [{ refundId, orderId }], {
        summary: 'Nobody needs to look at this refund any more',
        policy: databasePolicy,
      })
    },
  })

async function call({ input: { refundId, orderId }, desk }: Story, why: string): Promise<void> {
  desk.call(why)
  await steadily('flagRefund', [{ refundId, orderId, why }], {
    summary: 'Call a person to this refund',
    policy: databasePolicy,
  })
}
