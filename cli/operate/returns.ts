import { InvalidArgumentError, type Command } from 'commander'
import { returnWorkflowId } from '../../domain/ids.ts'
import { attention, money, print, printJson, printTable, status, treeLines, when } from './print.ts'
import { limit, type Work } from './work.ts'

type Money = { amount: number; currency: string }
type Return = {
  id: string
  order_id: string
  status: string
  items: { product_id: string; quantity: number; received: number; unit_price: Money }[]
  receipts: {
    items: { product_id: string; quantity: number; restock: boolean }[]
    received_by: string
    created_at: string
  }[]
  reason: string
  requested_by: string
  decided_by?: string
  receive_until?: string
  refund?: { id: string; status: string; amount: Money }
  needs_attention?: string
  created_at: string
}

const came = ({ items }: Return): string => {
  const sum = (of: 'received' | 'quantity') => items.reduce((units, item) => units + item[of], 0)
  return `${sum('received')} of ${sum('quantity')}`
}

export function returnCommands(program: Command, work: Work): void {
  const returns = program.command('returns').description('goods that customers send back')

  returns
    .command('list')
    .description('newest first')
    .option(
      '--status <status>',
      'requested, approved, denied, partially_received, received, refunded, expired, cancelled',
    )
    .option('--order <order>')
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
        const page = await counter.read(`/v1/returns?${query}`)
        if (json) return printJson(page)
        printTable(
          ['return', 'order', 'status', 'came', 'asked for', 'needs attention'],
          page.data.map((each: Return) => [
            each.id,
            each.order_id,
            status(each.status),
            came(each),
            when(each.created_at),
            attention(each.needs_attention),
          ]),
          'No such returns.',
        )
      }),
    )

  returns
    .command('show <return>')
    .description('what is to come back, what has come, and its money')
    .action(
      work(async (counter, { json }, id) => {
        const found: Return = await counter.read(`/v1/returns/${id}`)
        if (json) return printJson(found)
        const { refund } = found
        const branches = [
          ...(found.needs_attention ? [{ text: `needs attention: ${attention(found.needs_attention)}` }] : []),
          { text: `order     ${found.order_id}` },
          { text: `reason    ${found.reason}` },
          { text: `asked by  ${found.requested_by}` },
          ...(found.decided_by ? [{ text: `decided   ${found.decided_by}` }] : []),
          ...(found.receive_until ? [{ text: `to come until ${when(found.receive_until)}` }] : []),
          { text: `workflow  ${counter.pageOf(returnWorkflowId(found.id))}` },
          ...(refund ? [{ text: `refund    ${refund.id}  ${status(refund.status)}  ${money(refund.amount)}` }] : []),
          {
            text: `${came(found)} units have come`,
            branches: [
              ...found.items.map(({ product_id, quantity, received, unit_price }) => ({
                text: `${received} of ${quantity} × ${product_id}  ${money(unit_price)} each`,
              })),
              ...found.receipts.map(({ items, received_by, created_at }) => ({
                text: `${when(created_at)}  ${items.map(lineOf).join(', ')}, counted by ${received_by}`,
              })),
            ],
          },
        ]
        for (const line of treeLines({ text: `${id}  ${status(found.status)}`, branches })) print(line)
      }),
    )

  const say = (body: Return) => print(`${body.id} is ${status(body.status)}: ${came(body)} units have come.`)

  for (const [name, what] of [
    ['approve', 'let the customer send the goods back'],
    ['deny', 'refuse it'],
  ] as const)
    returns
      .command(`${name} <return>`)
      .description(what)
      .option('--reason <text>')
      .action(
        work(async (counter, { reason, json }, id) => {
          const { body } = await counter.ask('POST', `/v1/returns/${id}/${name}`, reason ? { reason } : {})
          if (json) return printJson(body)
          say(body as Return)
        }),
      )

  returns
    .command('receive <return>')
    .description('count in what has come; all that is still to come when no item is named')
    .option('--item <product=units>', 'may be given several times', collectItem, [])
    .option('--no-restock', 'not fit for the shelf')
    .action(
      work(async (counter, { item, restock, json }, id) => {
        const items: { product_id: string; quantity: number }[] =
          item.length > 0 ? item : dueOf(await counter.read(`/v1/returns/${id}`))
        const { body } = await counter.ask('POST', `/v1/returns/${id}/receipts`, {
          items: items.map((each) => ({ ...each, restock })),
        })
        if (json) return printJson(body)
        say(body as Return)
      }),
    )

  returns
    .command('retry <return>')
    .description('have its refund tried again')
    .action(
      work(async (counter, { json }, id) => {
        const { body } = await counter.ask('POST', `/v1/returns/${id}/retry`)
        if (json) return printJson(body)
        say(body as Return)
      }),
    )
}

const lineOf = ({ quantity, product_id, restock }: Return['receipts'][number]['items'][number]): string =>
  `${quantity} × ${product_id}${restock ? ', back onto the shelf' : ''}`

const dueOf = ({ items }: Return) =>
  items
    .filter(({ quantity, received }) => quantity > received)
    .map(({ product_id, quantity, received }) => ({ product_id, quantity: quantity - received }))

function collectItem(text: string, before: object[]): object[] {
  const [, product_id, units] = /^(\S+)=([1-9]\d{0,8})$/.exec(text) ?? []
  if (!units) throw new InvalidArgumentError('Say it as prd_…=2.')
  return [...before, { product_id, quantity: Number(units) }]
}
