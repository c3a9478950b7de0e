import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow'
import type { RefundStatus } from '../domain/refund.ts'
import type { OrderFact } from '../store/events.ts'
import type { HoldOutcome } from '../store/refunds/hold.ts'
import { type Call, insisting, isFinalAnswer, refusalCodeOf, steadily } from './effects.ts'
import { telling } from './order-facts.ts'
import { patience } from './patience.ts'
import { databasePolicy, moneyPolicy, REFUSED_REFUND_WAITS } from './policies.ts'
import { RefundDesk } from './refund-desk.ts'
import type { RefundInput, RefundResult } from './refund.messages.ts'
import { type RefundNews, refundNewsSignal } from './return.messages.ts'
import { atDesk } from './work-desk.ts'

type Story = { input: RefundInput; desk: RefundDesk; facts: OrderFact[] }
type Refused = Omit<Extract<RefundResult, { status: 'refused' }>, 'refundId'>
type Held = Extract<HoldOutcome, { outcome: 'held' }>

/** One refund: its money is claimed, somebody consents where that is needed, and it is paid out. */
export async function refund(input: RefundInput): Promise<RefundResult> {
  const story: Story = { input, desk: new RefundDesk(input), facts: [] }
  const end = await atDesk(story.desk, () => giveBack(story))
  return { refundId: input.refundId, ...(typeof end === 'string' ? { status: end } : end) }
}

async function giveBack(story: Story): Promise<RefundStatus | Refused> {
  const { input, desk } = story
  const { remindAfterMs: _, escalateAfterMs: __, ...request } = input
  const held = await insist(story, 'holdRefund', [request], {
    summary: 'Claim the money that is to go back',
    policy: databasePolicy,
  })
  if (held.outcome === 'refused') return desk.refuse(held)
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
  const { deadlineMs } = approval
  const remind = () =>
    steadily('remindOfRefund', [{ refundId, orderId }], {
      summary: 'Remind the shop of the refund',
      policy: databasePolicy,
    })
  const escalate = () => callTo(story).call('waits for approve or reject, and nobody has decided')
  const decided = patience([
    { afterMs: Math.min(remindAfterMs, deadlineMs), take: remind, summary: 'Then the shop is reminded' },
    { afterMs: Math.min(escalateAfterMs, deadlineMs), take: escalate, summary: 'Then a person is called' },
    { afterMs: deadlineMs, summary: 'Then the refund is rejected' },
  ])
  const heard = await decided((withinMs, summary) => desk.decision(withinMs, summary))
  const decision = heard ?? { approved: false, by: 'shop', reason: 'nobody decided in time' }

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
  let attempt = status === 'failed' ? await askPerson(story, 'refused before', first) : first
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
      attempt = await askPerson(story, refusalCodeOf(error), attempt)
    }
  }
  return 'failed'
}

/** The gateway refused attempt `refused`: no balance has changed. Answers under which number it is tried again, if it is. */
async function askPerson(story: Story, failureCode: string, refused: number): Promise<number | undefined> {
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
  for (let after = refused; ; after++) {
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
    const held = await insist(story, 'holdRefundAgain', [{ refundId, orderId, by, after }], {
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

const callTo = ({ input: { refundId, orderId }, desk }: Story): Call => ({
  async call(why) {
    desk.call(why)
    await steadily('flagRefund', [{ refundId, orderId, why }], {
      summary: 'Call a person to this refund',
      policy: databasePolicy,
    })
  },
  async endCall() {
    desk.call(null)
    await steadily('unflagRefund', [{ refundId, orderId }], {
      summary: 'Nobody needs to look at this refund any more',
      policy: databasePolicy,
    })
  },
})

const insist = insisting(callTo)

const tell = telling<Story>(({ input }) => input.refundId)
