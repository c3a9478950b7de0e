import { CancellationScope, isCancellation, log, sleep } from '@temporalio/workflow'
import { isOpen } from '../domain/replenishment.ts'
import { attempted, type Output, steadily } from './effects.ts'
import { askSupplierPolicy, databasePolicy, supplierWordPolicy } from './policies.ts'
import type { ReplenishmentDesk } from './replenishment-desk.ts'
import type { SupplierPatience, SupplyState } from './replenishment.messages.ts'

type Story = {
  replenishmentId: string
  desk: ReplenishmentDesk
  patience: SupplierPatience
  state: SupplyState
  call: (why: string) => Promise<void>
}

type Turn = Output<'askSupplier'>
type Answered = Exclude<Turn, { outcome: 'over' | 'nobody' }>

/**
 * The talk with suppliers, beside the desk: units are counted in whether or not anybody answers. `end` breaks it off where
 * it stands and tells those who are not waited for any more.
 */
export function beginSupply(story: Story): { isByHand: () => boolean; end: (isOver: boolean) => Promise<void> } {
  const scope = new CancellationScope()
  let isByHand = false
  const talk = scope
    .run(() => supply(story))
    .then((found) => {
      if (found !== 'by hand') return
      isByHand = true
      story.desk.nudge()
    })
    .catch(async (error: unknown) => {
      if (isCancellation(error)) return
      log.error('the talk with suppliers broke off', { error })
      await story.call(`suppliers: ${error instanceof Error ? error.message : 'they cannot be asked'}`)
    })
  return {
    isByHand: () => isByHand,
    async end(isOver) {
      scope.cancel()
      await talk
      if (isOver && !isByHand) await tellWithdrawals(story)
    },
  }
}

/** Asks one supplier after the other until all units are promised, and then sees that they come. */
async function supply(story: Story): Promise<'by hand' | 'seen to'> {
  const { state, desk, call } = story
  while (!state.isAsked) {
    const turn = await takeTurn(story)
    if (turn.outcome === 'over') return 'seen to'
    if (turn.outcome === 'nobody') {
      state.isAsked = true
      if (turn.askedBefore === 0) return 'by hand'
      if (turn.unplaced > 0) await call(`unsupplied: no supplier promises ${turn.unplaced} of ${desk.quantity} units`)
    } else {
      desk.stands(turn)
      desk.tellOfSupplier(inWords(turn))
      if (turn.outcome === 'confirmed') state.expectedAt = Math.max(state.expectedAt ?? 0, Date.now() + turn.deliveryMs)
      state.isAsked = turn.unplaced === 0
      state.turn += 1
      state.isReminded = false
      delete state.answerBy
    }
  }
  if (state.expectedAt === undefined) return 'by hand'
  await seeThatItComes(story)
  return 'seen to'
}

/** Asked, reminded once, and then not waited for any more. */
async function takeTurn(story: Story): Promise<Turn> {
  const { replenishmentId, patience, state } = story
  for (;;) {
    state.answerBy ??= Date.now() + patience.answerWithinMs
    const heard = await ask(story, state.answerBy)
    if (heard) return heard
    if (!state.isReminded) {
      await attempted('remindSuppliers', [{ replenishmentId, about: 'answer', number: 1 }], {
        summary: 'Remind the supplier that has not answered',
        policy: supplierWordPolicy,
      })
      state.isReminded = true
    } else {
      const given = await steadily('withdrawSupplierOrder', [{ replenishmentId, turn: state.turn }], {
        summary: 'Give up waiting for this supplier',
        policy: databasePolicy,
      })
      if (given.outcome === 'withdrawn') await tellWithdrawals(story)
      if (given.outcome !== 'unasked') return given
    }
    delete state.answerBy
  }
}

/** The answer, if one comes in time. */
async function ask({ replenishmentId, state: { turn } }: Story, until: number): Promise<Turn | undefined> {
  const summary = `Ask supplier number ${turn}`
  const left = () => Math.max(until - Date.now(), 1)
  try {
    return await steadily('askSupplier', [{ replenishmentId, turn }], {
      summary,
      policy: { ...askSupplierPolicy, scheduleToCloseTimeout: left() },
    })
  } catch (error) {
    if (isCancellation(error)) throw error
  }
  // The engine begins no attempt whose wait would outlast the time, so the rest of it is waited for here.
  await sleep(left(), { summary: 'The rest of the time for an answer' })
  try {
    return await steadily('askSupplier', [{ replenishmentId, turn }], {
      summary: `${summary} a last time`,
      policy: { ...askSupplierPolicy, retry: { maximumAttempts: 1 } },
    })
  } catch (error) {
    if (isCancellation(error)) throw error
    return undefined
  }
}

/** Who promised and does not deliver is pressed, some times; then a person is called. */
async function seeThatItComes({ replenishmentId, desk, patience, state, call }: Story): Promise<void> {
  for (;;) {
    const wait = Math.max((state.expectedAt ?? 0) - Date.now(), 1)
    await sleep(wait, { summary: 'Until the units should have come' })
    if (!isOpen(desk.status)) return
    if (state.chases >= patience.chases) return call(`late: ${desk.missing} of ${desk.quantity} units have not come`)
    const number = state.chases + 1
    await attempted('remindSuppliers', [{ replenishmentId, about: 'delivery', number }], {
      summary: `Press for the delivery, for the ${number}. time`,
      policy: supplierWordPolicy,
    })
    state.chases = number
    state.expectedAt = Date.now() + patience.chaseEveryMs
  }
}

const tellWithdrawals = ({ replenishmentId }: Story) =>
  attempted('tellWithdrawals', [{ replenishmentId }], {
    summary: 'Tell the supplier that the units are not wanted any more',
    policy: supplierWordPolicy,
  })

const inWords = ({ outcome, supplierName, confirmed }: Answered): string =>
  outcome === 'confirmed' ? `${supplierName} promises ${confirmed} units` : `${supplierName}: ${outcome}`
