import type { Command } from 'commander'
import { replenishmentWorkflowId } from '../../domain/ids.ts'
import { CannotRun } from '../running-stack.ts'
import { attention, money, print, printJson, printTable, status, treeLines, when } from './print.ts'
import { hintAtMore, limit, wholeNumber, type Work } from './work.ts'

type Replenishment = {
  id: string
  product_id: string
  status: string
  quantity: number
  received: number
  suppliers: {
    supplier: { name: string }
    status: string
    quantity: number
    confirmed_quantity: number
    unit_cost: { amount: number; currency: string }
    expected_at?: string
    refusal?: string
    reminders: number
  }[]
  receipts: { quantity: number; received_by: string; created_at: string }[]
  requested_by: string
  needs_attention?: string
  created_at: string
}

const units = wholeNumber(1, 1_000_000_000)

export function replenishmentCommands(program: Command, work: Work): void {
  const replenishments = program.command('replenishments').description('units on order, and their receipt')

  program
    .command('replenish <product>')
    .description('order units for a shelf; as many as its reorder quantity says')
    .option('--quantity <units>', 'so many instead', units)
    .action(
      work(async (counter, { quantity, json }, productId) => {
        const wanted = quantity ?? (await counter.read(`/v1/inventory/${productId}`)).reorder_quantity
        if (wanted === 0) throw new CannotRun(`${productId} has no reorder quantity: say how many with --quantity`)
        const { body } = await counter.ask('POST', '/v1/replenishments', { product_id: productId, quantity: wanted })
        if (json) return printJson(body)
        print(`${body.id} is ${status(body.status)}: ${body.quantity} units of ${body.product_id}.`)
        for (const asked of (body as Replenishment).suppliers) print(askedLine(asked))
      }),
    )

  replenishments
    .command('list')
    .description('newest first')
    .option('--status <status>', 'draft, ordered, confirmed, partially_received, received or cancelled')
    .option('--product <product>', 'only those for one shelf')
    .option('--needs-attention', 'only those that wait for a person')
    .addOption(limit())
    .action(
      work(async (counter, { status: wanted, product, needsAttention, limit: most, json }) => {
        const query = new URLSearchParams({
          limit: String(most),
          ...(wanted && { status: wanted }),
          ...(product && { product_id: product }),
          ...(needsAttention && { needs_attention: 'true' }),
        })
        const page = await counter.read(`/v1/replenishments?${query}`)
        if (json) return printJson(page)
        printTable(
          ['replenishment', 'product', 'status', 'received', 'opened', 'needs attention'],
          page.data.map((each: Replenishment) => [
            each.id,
            each.product_id,
            status(each.status),
            `${each.received} of ${each.quantity}`,
            when(each.created_at),
            attention(each.needs_attention),
          ]),
          'No such replenishments.',
        )
        hintAtMore(page, most)
      }),
    )

  replenishments
    .command('show <replenishment>')
    .description('what was ordered, and what has come')
    .action(
      work(async (counter, { json }, id) => {
        const found: Replenishment = await counter.read(`/v1/replenishments/${id}`)
        if (json) return printJson(found)
        const { product_id, quantity, received, receipts, suppliers, needs_attention, requested_by } = found
        const branches = [
          ...(needs_attention ? [{ text: `needs attention: ${attention(needs_attention)}` }] : []),
          { text: `product   ${product_id}` },
          { text: `asked by  ${requested_by}` },
          { text: `workflow  ${counter.pageOf(replenishmentWorkflowId(id))}` },
          ...(suppliers.length > 0
            ? [{ text: 'suppliers', branches: suppliers.map((each) => ({ text: askedLine(each) })) }]
            : []),
          {
            text: `${received} of ${quantity} units have come`,
            branches: receipts.map((receipt) => ({
              text: `${when(receipt.created_at)}  ${receipt.quantity} units, counted by ${receipt.received_by}`,
            })),
          },
        ]
        for (const line of treeLines({ text: `${id}  ${status(found.status)}`, branches })) print(line)
      }),
    )

  replenishments
    .command('receive <replenishment>')
    .description('count units in that have come')
    .requiredOption('--quantity <units>', 'how many', units)
    .action(
      work(async (counter, { quantity, json }, id) => {
        const { body } = await counter.ask('POST', `/v1/replenishments/${id}/receipts`, { quantity })
        if (json) return printJson(body)
        print(`${id} is ${status(body.status)}: ${body.received} of ${body.quantity} units have come.`)
      }),
    )

  replenishments
    .command('cancel <replenishment>')
    .description('do not wait for what has not come; what has come stays')
    .option('--reason <text>', 'for the record')
    .action(
      work(async (counter, { reason, json }, id) => {
        const { body } = await counter.ask('POST', `/v1/replenishments/${id}/cancel`, reason ? { reason } : {})
        if (json) return printJson(body)
        print(`${id} is ${status(body.status)}: ${body.received} of ${body.quantity} units have come.`)
      }),
    )

  program
    .command('suppliers')
    .description('who can be asked for units, and their ids')
    .addOption(limit())
    .action(
      work(async (counter, { limit: most, json }) => {
        const page = await counter.read(`/v1/suppliers?limit=${most}`)
        if (json) return printJson(page)
        printTable(
          ['supplier', 'name'],
          page.data.map(({ id, name }: { id: string; name: string }) => [id, name]),
          'There are no suppliers: units are ordered by hand.',
        )
      }),
    )
}

function askedLine({ supplier, status: answer, refusal, reminders, ...asked }: Replenishment['suppliers'][number]) {
  const { quantity, confirmed_quantity, unit_cost, expected_at } = asked
  return [
    `${supplier.name}  ${status(answer)}: ${confirmed_quantity} of ${quantity} units at ${money(unit_cost)}`,
    ...(refusal ? [refusal] : []),
    ...(expected_at ? [`expected ${when(expected_at)}`] : []),
    ...(reminders > 0 ? [`reminded ${reminders} times`] : []),
  ].join(', ')
}
