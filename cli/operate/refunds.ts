import type { Command } from 'commander'
import { refundWorkflowId } from '../../domain/ids.ts'
import { money, status, unitsLine, when } from './print.ts'
import { calls, reasoned, resourceCommands } from './resource.ts'
import type { Work } from './work.ts'

type Refund = {
  id: string
  order_id: string
  status: string
  amount: { amount: number; currency: string }
  items: { product_id: string; quantity: number; restock: boolean }[]
  reason: string
  requested_by: string
  approval_until?: string
  failure_code?: string
  needs_attention?: string
  created_at: string
}

export function refundCommands(program: Command, work: Work): void {
  const refunds = resourceCommands<Refund>(program, work, {
    name: 'refunds',
    noun: 'refund',
    what: 'find refunds, decide about those that wait',
  })
  refunds.list({
    statuses: 'pending_approval, processing, succeeded, failed or rejected',
    by: { flags: '--order <order>', what: 'only those of one order', parameter: 'order_id' },
    columns: {
      refund: ({ id }) => id,
      order: ({ order_id }) => order_id,
      status: (refund) => status(refund.status),
      amount: ({ amount }) => money(amount),
    },
    made: 'asked for',
  })
  refunds.show({
    what: 'what is to go back, and how it stands',
    draw(refund, counter) {
      const lines = [
        ...(refund.approval_until ? [`waits for approve or reject until ${when(refund.approval_until)}`] : []),
        ...(refund.failure_code ? [`the gateway refused: ${refund.failure_code}`] : []),
        `order     ${refund.order_id}`,
        `reason    ${refund.reason}`,
        `asked by  ${refund.requested_by}`,
        `workflow  ${counter.pageOf(refundWorkflowId(refund.id))}`,
        ...refund.items.map(unitsLine),
      ]
      const branches = [...calls(refund.needs_attention), ...lines.map((text) => ({ text }))]
      return { text: `${refund.id}  ${status(refund.status)}  ${money(refund.amount)}`, branches }
    },
  })
  for (const [name, what] of [
    ['approve', 'let it go out; not by whoever asked for it'],
    ['reject', 'refuse it'],
    ['retry', 'have one tried again that the gateway refused'],
  ] as const)
    refunds
      .act({ name, what, said: reasoned, tell: ({ amount, order_id }) => `: ${money(amount)} of ${order_id}` })
      .option('--reason <text>', 'for the timeline')
}
