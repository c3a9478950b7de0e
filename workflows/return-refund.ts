import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { getExternalWorkflowHandle, ParentClosePolicy, startChild } from '@temporalio/workflow'
import { refundWorkflowId, returnRefundIdOf } from '../domain/ids.ts'
import type { Call } from './effects.ts'
import type { RefundInput, RefundResult } from './refund.messages.ts'
import { resolveRefundSignal } from './refund.messages.ts'
import type { refund } from './refund.ts'
import type { ReturnDesk } from './return-desk.ts'
import type { Asked } from './request-queue.ts'
import type { ReturnAsk } from './return-requests.ts'
import type { ReturnInput } from './return.messages.ts'

type Story = { input: ReturnInput; desk: ReturnDesk }

type PayOut<S> = Call & {
  amountMinor: number
  /** Somebody has asked for another try: then the refund need not ask once more. */
  retryBy: string | undefined
  carryOut: (story: S, asked: Asked<ReturnAsk>) => Promise<void>
}

/**
 * Pays by a refund whose id follows from the return's, so that however often this is begun it is one refund. It may wait
 * for a person itself; it tells, and a retry of the return is handed on to it. Answers why it has come to nothing.
 */
export async function payOut<S extends Story>(
  story: S,
  { amountMinor, ...work }: PayOut<S>,
): Promise<string | undefined> {
  const refundId = returnRefundIdOf(story.input.returnId)
  const workflowId = refundWorkflowId(refundId)
  let end: { why: string | undefined } | undefined
  try {
    const running = await startChild<typeof refund>('refund', {
      workflowId,
      args: [refundOf(story, refundId, amountMinor)],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `Refund of what came back by ${story.input.returnId}`,
    })
    void running.result().then(
      (result) => void (end = { why: failureOf(result) }),
      () => void (end = { why: 'the workflow of its refund was ended by force' }),
    )
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    return 'its refund is run by an earlier run of this return; retry when that is over'
  }
  const retry = (by: string) =>
    getExternalWorkflowHandle(workflowId).signal(resolveRefundSignal, { action: 'retry', by })

  let { retryBy } = work
  for (;;) {
    const news = await story.desk.nextNews(() => end !== undefined)
    if (!news) return end?.why
    if ('status' in news) {
      if (news.status === 'processing') await work.endCall()
      else if (retryBy === undefined) await work.call(`the refund failed: ${news.why}; retry it`)
      else {
        await retry(retryBy)
        retryBy = undefined
      }
    } else if (news.kind === 'retry') {
      await retry(news.by)
      news.answer(undefined)
    } else {
      await work.carryOut(story, news)
    }
  }
}

/** Whoever approved the return has consented to its refund, whatever it comes to. */
function refundOf({ input, desk }: Story, refundId: string, amountMinor: number): RefundInput {
  const { returnId, orderId, remindAfterMs, escalateAfterMs } = input
  return {
    refundId,
    orderId,
    amountMinor,
    // The return has put its units back already.
    items: [],
    reason: `return ${returnId}`,
    requester: { id: desk.standing?.decidedBy ?? 'shop', isStaff: true },
    approval: { limitMinor: Number.MAX_SAFE_INTEGER, withinMs: Number.MAX_SAFE_INTEGER, deadlineMs: escalateAfterMs },
    remindAfterMs,
    escalateAfterMs,
  }
}

function failureOf(result: RefundResult): string | undefined {
  if (result.status === 'succeeded') return undefined
  return `its refund is ${result.status}${'detail' in result ? `: ${result.detail}` : ''}; retry it`
}
