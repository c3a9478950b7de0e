import { Context, heartbeat } from '@temporalio/activity'
import type { Logger } from 'pino'
import { isId, strayHoldKey } from '../domain/ids.ts'
import type { ReconciliationKind, Remedy } from '../domain/reconciliation.ts'
import { GatewayRefused, type PaymentGateway } from '../gateways/payment/port.ts'
import { flagAftercare } from '../store/aftercare.ts'
import type { Database } from '../store/database.ts'
import type { OrderEventType, OrderFact } from '../store/events.ts'
import { type CheckOptions, checkInvariants } from '../store/invariants.ts'
import { flagAttention, recordReversal } from '../store/orders/index.ts'
import { forgetIndexed } from '../store/products-to-index.ts'
import * as books from '../store/reconciliation/index.ts'
import { findRefund } from '../store/refunds/index.ts'
import { flagReplenishment } from '../store/replenishments/index.ts'
import { findReturn } from '../store/returns/index.ts'
import type { SearchIndex } from '../store/search-index.ts'

/** Where the gateway's ledger and the list of running workflows are read. What is left out is not compared. */
export type Outside = Pick<CheckOptions, 'gatewayUrl' | 'temporal'>

type Deps = {
  database: Database
  index?: SearchIndex | undefined
  gateways: { patient: PaymentGateway }
  outside?: Outside | undefined
  logger: Logger
  publishEvents: (told: { orderId: string; facts: OrderFact[] }) => Promise<void>
  syncSearchIndex: () => Promise<unknown>
}

const HEARTBEAT_EVERY_MS = 2_000

type LookAtBooks = { runId: string; kind: ReconciliationKind; look: number }

type Attempt = { action: string; isMended: boolean }

/** Compares our books with each other and with the world, and mends what is safe to mend. Each may be repeated. */
export function createReconciliationActivities(deps: Deps) {
  const { database, index, outside, logger } = deps

  const mend: Record<Remedy, (finding: books.Finding) => Promise<Attempt>> = {
    restore_reservations: async ({ subject }) =>
      mended((await books.restoreReservations(database, subject)) > 0, 'The reservation was written again'),
    release_reservations: async ({ subject }) =>
      mended((await books.releaseReservations(database, subject)) > 0, 'The units were released'),
    recount_promises: async ({ subject }) =>
      mended(await books.recountPromises(database, subject), 'The promised units were counted again'),
    let_go_of_hold: ({ hint }) => letGoOf(hint ?? ''),
    publish_event: ({ subject, hint }) => publish(subject, hint as OrderEventType),
    abandon_checkout: async ({ subject }) =>
      mended(await books.abandonCheckout(database, subject), 'The request was given up; nothing was charged'),
    async index_again({ subject }) {
      await forgetIndexed(database, isId('prd', subject) ? [subject] : undefined)
      return { action: 'It was written to the search index again', isMended: true }
    },
  }

  return {
    openReconciliation: (run: { runId: string; kind: ReconciliationKind }) => books.openRun(database, run),

    /** Looks at everything once. A run looks several times: what is still there the next time is a finding. */
    async lookAtBooks(look: LookAtBooks): Promise<books.Look & { tookMs: number }> {
      const isWholeIndexRead = look.kind === 'whole'
      const since = performance.now()
      const beganAt = await books.beginLook(database)
      const results = await beating(checkInvariants({ database, index, isWholeIndexRead, ...outside }))
      const tookMs = Math.round(performance.now() - since)
      return { ...(await books.noteLook(database, { ...look, beganAt }, results)), tookMs }
    },

    /** Applies a remedy to every finding of the run that has it. What cannot be mended says why, for a person. */
    async mendFindings({ runId, remedy }: { runId: string; remedy: Remedy }): Promise<void> {
      const findings = await books.listToMend(database, { runId, remedy })
      for (const finding of findings) {
        const attempt = await mend[remedy](finding)
        await books.noteAttempt(database, { findingId: finding.id, runId, ...attempt })
        logger.warn({ check: finding.check, subject: finding.subject, ...attempt }, 'reconciliation')
        heartbeat(finding.id)
      }
      if (remedy === 'index_again' && findings.length > 0) {
        await deps.syncSearchIndex()
        await index?.refresh()
      }
    },

    /** Calls people to what is left, where it has a place to call from, and ends the run. */
    async closeReconciliation({ runId }: { runId: string }): Promise<{ open: number }> {
      const open = await books.listOpenFindings(database, runId)
      for (const { subject, check, detail } of open) {
        const why = `reconciliation: ${check}: ${detail}`
        if (isId('ord', subject)) await flagAttention(database, { orderId: subject, why })
        if (isId('re', subject)) await flagAftercare(database, 'refund', { id: subject, why })
        if (isId('ret', subject)) await flagAftercare(database, 'return', { id: subject, why })
        if (isId('po', subject)) await flagReplenishment(database, { replenishmentId: subject, why })
      }
      await books.closeRun(database, runId)
      return { open: open.length }
    },
  }

  /** Money that is only held and belongs to no order that lives is let go. Money that was taken is for a person. */
  async function letGoOf(intentId: string): Promise<Attempt> {
    const gateway = deps.gateways.patient
    const intent = await gateway.getIntent(intentId)
    const { orderId, status, amountMinor, currency } = intent
    const owner = await books.whoseHold(database, { intentId, orderId })
    if (owner === 'live') return notMended('The order lives: look at its payment at the gateway')
    if (status === 'captured') return notMended('The money was taken: refund it at the gateway, or find its order')
    if (status === 'declined') return notMended('Nothing is held')
    if (owner === 'nobody') await books.noteStrayHold(database, { intentId, orderId, amountMinor, currency })
    if (status !== 'voided') {
      try {
        await gateway.void({ key: strayHoldKey(intentId), intentId })
      } catch (error) {
        if (!(error instanceof GatewayRefused)) throw error
        return notMended(`The gateway does not let go of it: ${error.code}`)
      }
    }
    if (owner === 'nobody') await books.noteStrayHoldLetGo(database, intentId)
    else await recordReversal(database, orderId, { kind: 'voided', intentId })
    return { action: 'The hold was let go', isMended: true }
  }

  async function publish(subject: string, type: OrderEventType): Promise<Attempt> {
    if (isId('ord', subject)) {
      await deps.publishEvents({ orderId: subject, facts: [{ type }] })
    } else {
      const about = await (isId('ret', subject) ? findReturn(database, subject) : findRefund(database, subject))
      if (!about) return notMended('There is no such refund or return')
      await deps.publishEvents({ orderId: about.orderId, facts: [{ type, subjectId: subject }] })
    }
    return { action: `${type} was published`, isMended: true }
  }
}

/** A process that dies meanwhile is noticed within the heartbeat time-out, however long the work may take. */
async function beating<T>(work: Promise<T>): Promise<T> {
  const { heartbeat: beat } = Context.current()
  const timer = setInterval(() => beat(), HEARTBEAT_EVERY_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

const mended = (isMended: boolean, action: string): Attempt =>
  isMended ? { action, isMended } : notMended('It does not fit together and is for a person to look at')

const notMended = (action: string): Attempt => ({ action, isMended: false })
