import { Client, Connection } from '@temporalio/client'
import { inParallel } from '../../shopper/http.ts'
import type { StackFile } from '../../stack/open-stack.ts'
import type { Database } from '../../store/database.ts'
import type { CheckRecord } from '../record.ts'
import type { Violations } from './evidence.ts'

const AT_ONCE = 8

/** Called when all is quiet: whoever still works on something then is stuck. */
export async function nothingWaitsWithoutReason(temporal: StackFile['temporal']): Promise<CheckRecord> {
  return {
    name: 'nothing_waits_without_a_reason',
    promise:
      'A running order waits for a person, the customer or the carrier; no task or effect of it is still being tried.',
    violations: await stuckWorkflows(temporal),
  }
}

async function stuckWorkflows({ address, namespace }: StackFile['temporal']): Promise<Violations> {
  const connection = await Connection.connect({ address, connectTimeout: 10_000 })
  try {
    const { workflow } = new Client({ connection, namespace })
    const running: string[] = []
    const ours = ['order', 'refund', 'return', 'replenishment'].map((kind) => `WorkflowId STARTS_WITH '${kind}-'`)
    const query = `ExecutionStatus = 'Running' AND (${ours.join(' OR ')})`
    for await (const { workflowId } of workflow.list({ query, pageSize: 1_000 })) running.push(workflowId)
    const found = await inParallel(running, AT_ONCE, async (subject) => {
      const { raw } = await workflow.getHandle(subject).describe()
      const tried = (raw.pendingActivities ?? []).map(
        ({ activityType, attempt, lastFailure }) =>
          `${activityType?.name}, attempt ${attempt}: ${lastFailure?.message ?? 'no failure yet'}`,
      )
      const task = raw.pendingWorkflowTask
      if (task) tried.push(`a workflow task, attempt ${task.attempt}`)
      return tried.map((detail) => ({ subject, detail }))
    })
    return found.flat()
  } finally {
    await connection.close()
  }
}

/** A fault of a few seconds is nothing to call a person for; a disputed charge is. */
export async function nobodyIsNeeded(database: Database): Promise<CheckRecord> {
  const { rows } = await database.query<{ subject: string; detail: string }>(
    `select id as subject, needs_attention as detail from orders where needs_attention is not null and needs_attention <> 'payment disputed'
     union all
     select id, format('pending (%s), and neither its customer nor a reviewer is asked', payment_status) from orders
      where status = 'pending' and next_action is null and review_until is null
     union all
     select id, coalesce(needs_attention, status) from refunds
      where needs_attention is not null or status in ('pending_approval', 'processing', 'failed')
     union all
     select id, coalesce(needs_attention, status) from returns where needs_attention is not null or status = 'received'
     union all
     select id, coalesce(needs_attention, status) from replenishments where needs_attention is not null or status = 'draft'`,
  )
  return {
    name: 'nobody_is_needed',
    promise: 'Every order helps itself once the fault is over; only those wait that have a question to a person.',
    violations: rows,
  }
}
