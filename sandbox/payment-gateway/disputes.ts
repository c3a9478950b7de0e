import type { DatabaseSync } from 'node:sqlite'
import { transaction } from './database.ts'
import { createIntents, type Intent } from './intents.ts'
import type { Ledger } from './ledger.ts'
import type { Announce } from './notices.ts'
import { GatewayProblem } from './problem.ts'
import type { Settings } from './settings.ts'

export type Disputes = ReturnType<typeof createDisputes>

export type DisputeOutcome = 'won' | 'lost'

type Dependencies = { db: DatabaseSync; ledger: Ledger; announce: Announce; settings: Settings }

/** Customers who come back later to dispute a charge. They wait in the database, so a restart does not calm them. */
export function createDisputes({ db, ledger, announce, settings }: Dependencies) {
  const intents = createIntents(db)
  const insert = db.prepare('insert into coming_disputes (intent_id, due_at) values (?, ?)')
  const due = db.prepare('select intent_id from coming_disputes where due_at <= ? order by due_at')
  const remove = db.prepare('delete from coming_disputes where intent_id = ?')
  const next = db.prepare('select min(due_at) as at from coming_disputes')
  const raised = db.prepare(`select amount from ledger where intent_id = ? and type = 'dispute'`)
  const settled = db.prepare('select outcome from settled_disputes where intent_id = ?')
  const insertSettled = db.prepare('insert into settled_disputes (intent_id, outcome) values (?, ?)')
  let timer: NodeJS.Timeout | undefined
  let closed = false

  return {
    schedule: (intentId: string): void => {
      insert.run(intentId, Date.now() + settings.dispute_delay_ms)
      // The caller's transaction is still open; look again when it is done.
      setImmediate(wait)
    },
    start: wait,

    /** The bank decides for good: won, the shop has the money again; lost, it stays gone. */
    settle(intentId: string, outcome: DisputeOutcome): Intent {
      const intent = intents.find(intentId)
      if (!intent) throw new GatewayProblem(404, 'intent_not_found', 'There is no such payment intent.')
      const dispute = raised.get(intentId) as { amount: number } | undefined
      if (!dispute) throw new GatewayProblem(409, 'no_dispute', 'Nobody disputes this payment.')
      const earlier = settled.get(intentId) as { outcome: DisputeOutcome } | undefined
      if (earlier?.outcome === outcome) return intent
      if (earlier) throw new GatewayProblem(409, 'dispute_already_settled', `The dispute was ${earlier.outcome}.`)
      transaction(db, () => {
        insertSettled.run(intentId, outcome)
        if (outcome === 'won') ledger.record('reinstatement', intent, dispute.amount, null)
        announce(`payment.dispute_${outcome}`, intent, dispute.amount)
      })
      return intent
    },
    close(): void {
      closed = true
      clearTimeout(timer)
    },
  }

  function wait(): void {
    clearTimeout(timer)
    if (closed) return
    const { at } = next.get() as { at: number | null }
    if (at !== null) timer = setTimeout(raiseDue, Math.max(0, at - Date.now()))
  }

  function raiseDue(): void {
    for (const { intent_id } of due.all(Date.now()) as { intent_id: string }[]) {
      transaction(db, () => raise(intent_id))
    }
    wait()
  }

  function raise(intentId: string): void {
    remove.run(intentId)
    const intent = intents.find(intentId)
    if (!intent) return
    const amount = intent.captured_amount - intent.refunded_amount
    if (amount === 0) return // who has the money back does not ask for it
    ledger.record('dispute', intent, amount, null)
    announce('payment.disputed', intent, amount)
  }
}
