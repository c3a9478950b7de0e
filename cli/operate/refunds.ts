import type { Command } from 'commander'
import { refundWorkflowId } from '../../domain/ids.ts'
import { attention, money, print, printJson, printTable, status, treeLines, when } from './print.ts'
import { hintAtMore, limit, type Work } from './work.ts'

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
  const refunds = program.command('refunds').description('find refunds, decide about those that wait')

  refunds
    .command('list')
    .description('newest first')
    .option('--status <status>', 'pending_approval, processing, succeeded, failed or rejected')
    .option('--order <order>', 'only those of one order')
    .option('--needs-attention', 'only those that wait for a person')
    .addOption(limit())
    .action(
      work(async (counter, { status: wanted, order, needsAttention, limit: most, json }) => {
        const query = new URLSearchParams({
          limit: String(most),
          ...(wanted && { status: wanted }),
          ...(order && { order_id: order }),
          ...(needsAttention && { needs_attention: 'true' }),
        })
        const page = await counter.read(`/v1/refunds?${query}`)
        if (json) return printJson(page)
        printTable(
          ['refund', 'order', 'status', 'amount', 'asked for', 'needs attention'],
          page.data.map((refund: Refund) => [
            refund.id,
            refund.order_id,
            status(refund.status),
            money(refund.amount),
            when(refund.created_at),
            attention(refund.needs_attention),
          ]),
          'No such refunds.',
        )
        hintAtMore(page, most)
      }),
    )

  refunds
    .command('show <refund>')
    .description('what is to go back, and how it stands')
    .action(
      work(async (counter, { json }, id) => {
        const refund: Refund = await counter.read(`/v1/refunds/${id}`)
        if (json) return printJson(refund)
        const lines = [
          ...(refund.needs_attention ? [`needs attention: ${attention(refund.needs_attention)}`] : []),
          ...(refund.approval_until ? [`waits for approve or reject until ${when(refund.approval_until)}`] : []),
          ...(refund.failure_code ? [`the gateway refused: ${refund.failure_code}`] : []),
          `order     ${refund.order_id}`,
          `reason    ${refund.reason}`,
          `asked by  ${refund.requested_by}`,
          `workflow  ${counter.pageOf(refundWorkflowId(refund.id))}`,
          ...refund.items.map(
            ({ quantity, product_id, restock }) =>
              `${quantity} × ${product_id}${restock ? ', back onto the shelf' : ''}`,
          ),
        ]
        const text = `${refund.id}  ${status(refund.status)}  ${money(refund.amount)}`
        for (const line of treeLines({ text, branches: lines.map((each) => ({ text: each })) })) print(line)
      }),
    )

  for (const [name, what] of [
    ['approve', 'let it go out; not by whoever asked for it'],
    ['reject', 'refuse it'],
    ['retry', 'have one tried again that the gateway refused'],
  ] as const)
    refunds
      .command(`${name} <refund>`)
      .description(what)
      .option('--reason <text>', 'for the timeline')
      .action(
        work(async (counter, { reason, json }, id) => {
          const { body } = await counter.ask('POST', `/v1/refunds/${id}/${name}`, reason ? { reason } : {})
          if (json) return printJson(body)
          print(`${body.id} is ${status(body.status)}: ${money(body.amount)} of ${body.order_id}.`)
        }),
      )
}
