import { continueAsNew, uuid4, workflowInfo } from '@temporalio/workflow'
import { isAwaited, type ReturnStatus } from '../domain/return.ts'
import type { OrderFact } from '../store/events.ts'
import { type Call, insisting, steadily } from './effects.ts'
import { telling } from './order-facts.ts'
import { patience } from './patience.ts'
import { databasePolicy } from './policies.ts'
import { refusal } from './refusal.ts'
import type { Asked } from './request-queue.ts'
import { ReturnDesk } from './return-desk.ts'
import { payOut } from './return-refund.ts'
import type { ReturnAsk } from './return-requests.ts'
import type { ReturnInput, ReturnResult } from './return.messages.ts'
import { atDesk } from './work-desk.ts'

type Story = { input: ReturnInput; desk: ReturnDesk; facts: OrderFact[] }
type Refused = Omit<Extract<ReturnResult, { status: 'refused' }>, 'returnId'>

/** Goods that come back: somebody consents, they are counted in as they come, and what has come is paid back. */
export async function returnOfGoods(input: ReturnInput): Promise<ReturnResult> {
  const story: Story = { input, desk: new ReturnDesk(input), facts: [] }
  const end = await atDesk(story.desk, () => takeBack(story))
  if (end === 'long') return continueAsNew<typeof returnOfGoods>(input)
  return { returnId: input.returnId, ...(typeof end === 'string' ? { status: end } : end) }
}

/** `long`: the history is, and the return goes on in a new run. */
async function takeBack(story: Story): Promise<ReturnStatus | Refused | 'long'> {
  const { input, desk } = story
  const { remindAfterMs: _, escalateAfterMs: __, receiveWithinMs: ___, ownApprovalLimitMinor: ____, ...request } = input
  const opened = await insist(story, 'openReturn', [request], {
    summary: 'Claim the units that are to come back',
    policy: databasePolicy,
  })
  if (opened.outcome === 'refused') return desk.refuse(opened)
  desk.stands(opened)
  await tell(story, 'return.requested')
  await awaitDecision(story)
  if (desk.status === 'denied') await tell(story, 'return.denied')
  if (isAwaited(desk.status)) {
    await tell(story, 'return.approved')
    if ((await awaitGoods(story)) === 'long') return 'long'
  }
  if (desk.status === 'expired') await tell(story, 'return.expired')
  if (desk.status === 'cancelled') await tell(story, 'return.cancelled')
  if (desk.status === 'received') await payBack(story)
  if (desk.status === 'refunded') await tell(story, 'return.refunded')
  return desk.status
}

/** Waits for as long as it takes: reminds, then calls a person. */
async function awaitDecision(story: Story): Promise<void> {
  const { desk, input } = story
  const { returnId, orderId, remindAfterMs, escalateAfterMs } = input
  const remind = () =>
    steadily('remindOfReturn', [{ returnId, orderId }], {
      summary: 'Remind the shop of the return',
      policy: databasePolicy,
    })
  const escalate = () => callTo(story).call('waits for approve or deny, and nobody has decided')
  const next = patience([
    { afterMs: remindAfterMs, take: remind, summary: 'Then the shop is reminded' },
    { afterMs: escalateAfterMs, take: escalate, summary: 'Then a person is called' },
  ])
  while (desk.status === 'requested') {
    const asked = await next((withinMs, summary) => desk.next(withinMs, summary))
    if (asked) await carryOut(story, asked)
  }
}

async function awaitGoods(story: Story): Promise<'long' | undefined> {
  const { desk, input } = story
  const { returnId, orderId } = input
  while (isAwaited(desk.status)) {
    const untilMs = desk.standing?.receiveUntilMs ?? 0
    const asked = await desk.next(untilMs - Date.now(), 'What has not come by then is not waited for')
    if (asked) await carryOut(story, asked)
    else
      desk.stands(
        await insist(story, 'expireReturn', [{ returnId, orderId }], {
          summary: 'Stop waiting for what has not come',
          policy: databasePolicy,
        }),
      )
    if (isAwaited(desk.status) && desk.isIdle && workflowInfo().continueAsNewSuggested) return 'long'
  }
  return undefined
}

/** Does what somebody asked for. Our books say whether it can be, also where the request is behind what has happened. */
async function carryOut(story: Story, asked: Asked<ReturnAsk>): Promise<void> {
  const { desk, input } = story
  const { returnId, orderId, receiveWithinMs, requester, ownApprovalLimitMinor } = input
  switch (asked.kind) {
    case 'decide': {
      const { approved, by, reason } = asked
      const isOwn = approved && by === requester.id && (desk.standing?.valueMinor ?? 0) > ownApprovalLimitMinor
      if (isOwn) return asked.answer(refusal('own_return', 'Somebody else decides about a return of this value'))
      const decision = { returnId, orderId, approved, by, reason, receiveUntilMs: Date.now() + receiveWithinMs }
      const standing = await insist(story, 'decideReturn', [decision], {
        summary: `Note that it was ${approved ? 'approved' : 'denied'}`,
        policy: databasePolicy,
        isRequested: true,
      })
      desk.stands(standing)
      desk.call(null)
      return asked.answer(isDecided(approved, standing.status) ? undefined : over(standing.status))
    }
    case 'receive': {
      const { items, by, receiptId } = asked
      const receipt = { returnId, orderId, receiptId: receiptId ?? `rrc_${uuid4()}`, items, by }
      const units = items.reduce((sum, { quantity }) => sum + quantity, 0)
      const outcome = await insist(story, 'receiveReturn', [receipt], {
        summary: `Count ${units} ${units === 1 ? 'unit' : 'units'} in, for ${by}`,
        policy: databasePolicy,
        isRequested: true,
      })
      if (outcome.outcome === 'refused') return asked.answer(refusal(outcome.problem, outcome.detail))
      desk.stands(outcome)
      return asked.answer(undefined)
    }
    case 'cancel': {
      const { by, reason } = asked
      const standing = await insist(story, 'cancelReturn', [{ returnId, orderId, by, reason }], {
        summary: `Give up the return, for ${by}`,
        policy: databasePolicy,
        isRequested: true,
      })
      desk.stands(standing)
      if (standing.status === 'cancelled') desk.call(null)
      return asked.answer(standing.status === 'cancelled' ? undefined : over(standing.status))
    }
    case 'retry':
      return asked.answer(over(desk.status))
  }
}

const isDecided = (approved: boolean, status: ReturnStatus): boolean =>
  approved ? isAwaited(status) : status === 'denied'

const over = (status: ReturnStatus) => refusal('invalid_transition', `The return is ${status}`)

/** Pays what has come back, until it is paid. */
async function payBack(story: Story): Promise<void> {
  const { desk, input } = story
  const { returnId, orderId } = input
  const { call, endCall } = callTo(story)
  await tell(story, 'return.received')
  for (let retryBy: string | undefined; ; ) {
    const { amountMinor } = await insist(story, 'oweReturn', [{ returnId, orderId }], {
      summary: 'Name what is to go back for it',
      policy: databasePolicy,
    })
    // Nothing is left to give: the customer has all of the money.
    const why = amountMinor === 0 ? undefined : await payOut(story, { amountMinor, retryBy, call, endCall, carryOut })
    if (why === undefined) break
    await call(why)
    retryBy = await askedToRetry(story)
    await endCall()
  }
  desk.stands(
    await insist(story, 'settleReturn', [{ returnId, orderId }], {
      summary: 'Write down that the money has gone back',
      policy: databasePolicy,
    }),
  )
  desk.call(null)
}

/** Waits until somebody wants the refund tried again, and answers who. */
async function askedToRetry(story: Story): Promise<string> {
  for (;;) {
    const asked = await story.desk.next()
    if (asked?.kind === 'retry') {
      asked.answer(undefined)
      return asked.by
    }
    if (asked) await carryOut(story, asked)
  }
}

const callTo = ({ input: { returnId, orderId }, desk }: Story): Call => ({
  async call(why) {
    desk.call(why)
    await steadily('flagReturn', [{ returnId, orderId, why }], {
      summary: 'Call a person to this return',
      policy: databasePolicy,
    })
  },
  async endCall() {
    desk.call(null)
    await steadily('unflagReturn', [{ returnId, orderId }], {
      summary: 'Nobody needs to look at this return any more',
      policy: databasePolicy,
    })
  },
})

const insist = insisting(callTo)

const tell = telling<Story>(({ input }) => input.returnId)
