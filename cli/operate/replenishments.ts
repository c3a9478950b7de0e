import type { Command } from 'commander'
import { replenishmentWorkflowId } from '../../domain/ids.ts'
import { CannotRun } from '../running-stack.ts'
import { money, print, printJson, printTable, status, when } from './print.ts'
import { calls, reasoned, resourceCommands } from './resource.ts'
import { limit, wholeNumber, type Work } from './work.ts'

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
  const replenishments = resourceCommands<Replenishment>(program, work, {
    name: 'replenishments',
    noun: 'replenishment',
    what: 'units on order, and their receipt',
  })

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

  replenishments.list({
    statuses: 'draft, ordered, confirmed, partially_received, received or cancelled',
    by: { flags: '--product <product>', what: 'only those for one shelf', parameter: 'product_id' },
    columns: {
      replenishment: ({ id }) => id,
      product: ({ product_id }) => product_id,
      status: (each) => status(each.status),
      received: came,
    },
    made: 'opened',
  })
  replenishments.show({
    what: 'what was ordered, and what has come',
    draw(found, counter) {
      const { id, product_id, receipts, suppliers, requested_by } = found
      const branches = [
        ...calls(found.needs_attention),
        { text: `product   ${product_id}` },
        { text: `asked by  ${requested_by}` },
        { text: `workflow  ${counter.pageOf(replenishmentWorkflowId(id))}` },
        ...(suppliers.length > 0
          ? [{ text: 'suppliers', branches: suppliers.map((each) => ({ text: askedLine(each) })) }]
          : []),
        {
          text: `${came(found)} units have come`,
          branches: receipts.map((receipt) => ({
            text: `${when(receipt.created_at)}  ${receipt.quantity} units, counted by ${receipt.received_by}`,
          })),
        },
      ]
      return { text: `${id}  ${status(found.status)}`, branches }
    },
  })
  const tell = (found: Replenishment) => `: ${came(found)} units have come`
  replenishments
    .act({
      name: 'receive',
      path: 'receipts',
      what: 'count units in that have come',
      said: ({ quantity }) => ({ quantity }),
      tell,
    })
    .requiredOption('--quantity <units>', 'how many', units)
  replenishments
    .act({ name: 'cancel', what: 'do not wait for what has not come; what has come stays', said: reasoned, tell })
    .option('--reason <text>', 'for the record')

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

const came = ({ received, quantity }: Replenishment): string => `${received} of ${quantity}`

function askedLine({ supplier, status: answer, refusal, reminders, ...asked }: Replenishment['suppliers'][number]) {
  const { quantity, confirmed_quantity, unit_cost, expected_at } = asked
  return [
    `${supplier.name}  ${status(answer)}: ${confirmed_quantity} of ${quantity} units at ${money(unit_cost)}`,
    ...(refusal ? [refusal] : []),
    ...(expected_at ? [`expected ${when(expected_at)}`] : []),
    ...(reminders > 0 ? [`reminded ${reminders} times`] : []),
  ].join(', ')
}
