import type { Command } from 'commander'
import { orderWorkflowId } from '../../domain/ids.ts'
import type { Counter } from './counter.ts'
import { attention, type Branch, money, paint, print, printJson, printTable, status, treeLines, when } from './print.ts'
import { hintAtMore, limit, type Work } from './work.ts'

export function orderCommands(program: Command, work: Work): void {
  const orders = program.command('orders').description('find orders, look at one, act on it')

  orders
    .command('list')
    .description('newest first')
    .option('--status <status>', 'pending, paid, shipped, delivered or cancelled')
    .option('--needs-attention', 'only those that wait for a person')
    .addOption(limit())
    .action(
      work(async (counter, { status: wanted, needsAttention, limit: most, json }) => {
        const query = new URLSearchParams({
          limit: String(most),
          ...(wanted && { status: wanted }),
          ...(needsAttention && { needs_attention: 'true' }),
        })
        const page = await counter.read(`/v1/orders?${query}`)
        if (json) return printJson(page)
        printTable(
          ['number', 'order', 'status', 'payment', 'total', 'placed', 'needs attention'],
          page.data.map((order: Order) => [
            order.number ?? '',
            order.id,
            status(order.status),
            status(order.payment_status),
            money(order.total),
            when(order.created_at),
            attention(order.needs_attention),
          ]),
          'No such orders.',
        )
        hintAtMore(page, most)
      }),
    )

  orders
    .command('show <order>')
    .description('what it holds, what became of its money, and its timeline')
    .action(
      work(async (counter, { json }, id) => {
        const seen = await look(counter, id)
        if (json) return printJson(seen)
        for (const line of treeLines(drawing(counter, seen))) print(line)
      }),
    )

  const act = (name: string, path: string, what: string, bodyOf: (options: Options) => object = () => ({})) => {
    const command = orders.command(`${name} <order>`).description(what)
    command.action(
      work(async (counter, options, id) => {
        const { body } = await counter.ask('POST', `/v1/orders/${id}/${path}`, bodyOf(options))
        if (options.json) return printJson(body)
        print(`${id} is ${status(body.status)}, its payment ${status(body.payment_status)}.`)
      }),
    )
    return command
  }
  const reasoned = ({ reason }: Options) => (reason ? { reason } : {})
  act('cancel', 'cancel', 'give money and units back', reasoned).option('--reason <text>', 'for the timeline')
  act('ship', 'shipments', 'note that the parcel is on its way', ({ carrier, tracking }) => ({
    carrier,
    tracking_number: tracking,
  }))
    .requiredOption('--carrier <name>', 'who carries it, for the customer')
    .requiredOption('--tracking <number>', 'by which the customer follows it')
  act('deliver', 'deliveries', 'note that it has arrived')
  act('approve', 'approve', 'let an order go on that waits for a review', reasoned).option(
    '--reason <text>',
    'for the timeline',
  )
  act('reject', 'reject', 'refuse an order that waits for a review', reasoned).option(
    '--reason <text>',
    'for the timeline',
  )
  act('resolve', 'resolve', 'a person has seen to it: an undo that was refused is tried once more', ({ skip }) => ({
    action: skip ? 'skip' : 'retry',
  })).option('--skip', 'leave that undo and go on with the next')
}

type Money = { amount: number; currency: string }
type Options = { reason?: string; carrier?: string; tracking?: string; skip?: true; json?: true }
type Order = {
  id: string
  number: string | null
  user_id: string
  status: string
  payment_status: string
  items: { sku: string; name: string; quantity: number; total_price: Money }[]
  total: Money
  refunded: Money
  risk_score: number | null
  needs_attention?: string
  created_at: string
}
type Step = {
  what: string
  from_status: string | null
  to_status: string | null
  actor: string
  detail: object
  created_at: string
}
type Refund = { id: string; status: string; amount: Money; reason: string }
type Seen = { order: Order; refunds: Refund[]; timeline: Step[] }

async function look(counter: Counter, id: string): Promise<Seen> {
  const [order, refunds, timeline] = await Promise.all([
    counter.read(`/v1/orders/${id}`),
    counter.read(`/v1/refunds?order_id=${encodeURIComponent(id)}&limit=100`),
    counter.read(`/v1/orders/${id}/timeline`),
  ])
  return { order, refunds: refunds.data, timeline: timeline.data }
}

function drawing(counter: Counter, { order, refunds, timeline }: Seen): Branch {
  const workflowId = orderWorkflowId(order.id)
  const returned = order.refunded.amount > 0 ? `, ${money(order.refunded)} refunded` : ''
  return {
    text: `${paint('bold', `order ${order.number ?? order.id}`)}  ${status(order.status)}, payment ${status(order.payment_status)}`,
    branches: [
      ...(order.needs_attention ? [{ text: `needs attention: ${attention(order.needs_attention)}` }] : []),
      { text: `id        ${order.id}` },
      { text: `customer  ${order.user_id}` },
      { text: `workflow  ${workflowId}  ${paint('dim', counter.pageOf(workflowId))}` },
      {
        text: `lines, ${money(order.total)}${returned}`,
        branches: order.items.map(({ quantity, sku, name, total_price }) => ({
          text: `${quantity} × ${sku}  ${name}  ${money(total_price)}`,
        })),
      },
      ...(refunds.length > 0
        ? [
            {
              text: 'refunds',
              branches: refunds.map(({ id, status: word, amount, reason }) => ({
                text: `${id}  ${status(word)}  ${money(amount)}  ${reason}`,
              })),
            },
          ]
        : []),
      { text: 'timeline', branches: timeline.map((step) => ({ text: stepLine(step) })) },
    ],
  }
}

const stepLine = ({ what, to_status, actor, detail, created_at }: Step): string =>
  [
    paint('dim', `${when(created_at)}.${created_at.slice(20, 23)}`),
    what,
    ...(to_status ? [`→ ${status(to_status)}`] : []),
    paint('dim', actor),
    ...(Object.keys(detail).length > 0 ? [paint('dim', JSON.stringify(detail))] : []),
  ].join('  ')
