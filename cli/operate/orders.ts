import type { Command } from 'commander'
import { orderWorkflowId } from '../../domain/ids.ts'
import type { Counter } from './counter.ts'
import { type Branch, money, paint, status, when } from './print.ts'
import { calls, reasoned, resourceCommands } from './resource.ts'
import type { Work } from './work.ts'

export function orderCommands(program: Command, work: Work): void {
  const orders = resourceCommands<Order>(program, work, {
    name: 'orders',
    noun: 'order',
    what: 'find orders, look at one, act on it',
  })
  orders.list({
    statuses: 'pending, paid, shipped, delivered or cancelled',
    columns: {
      number: ({ number }) => number ?? '',
      order: ({ id }) => id,
      status: (order) => status(order.status),
      payment: ({ payment_status }) => status(payment_status),
      total: ({ total }) => money(total),
    },
    made: 'placed',
  })
  orders.show({ what: 'what it holds, what became of its money, and its timeline', look, draw })

  const act = (name: string, path: string, what: string, said: (options: Options) => object = () => ({})) =>
    orders.act({ name, path, what, said, tell: ({ payment_status }) => `, its payment ${status(payment_status)}` })
  const forTimeline = ['--reason <text>', 'for the timeline'] as const
  act('cancel', 'cancel', 'give money and units back', reasoned).option(...forTimeline)
  act('ship', 'shipments', 'note that the parcel is on its way', ({ carrier, tracking }) => ({
    carrier,
    tracking_number: tracking,
  }))
    .requiredOption('--carrier <name>', 'who carries it, for the customer')
    .requiredOption('--tracking <number>', 'by which the customer follows it')
  act('deliver', 'deliveries', 'note that it has arrived')
  act('approve', 'approve', 'let an order go on that waits for a review', reasoned).option(...forTimeline)
  act('reject', 'reject', 'refuse an order that waits for a review', reasoned).option(...forTimeline)
  act('resolve', 'resolve', 'a person has seen to it: an undo that was refused is tried once more', ({ skip }) => ({
    action: skip ? 'skip' : 'retry',
  })).option('--skip', 'leave that undo and go on with the next')
}

type Money = { amount: number; currency: string }
type Options = { reason?: string; carrier?: string; tracking?: string; skip?: true }
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

function draw({ order, refunds, timeline }: Seen, counter: Counter): Branch {
  const workflowId = orderWorkflowId(order.id)
  const returned = order.refunded.amount > 0 ? `, ${money(order.refunded)} refunded` : ''
  return {
    text: `${paint('bold', `order ${order.number ?? order.id}`)}  ${status(order.status)}, payment ${status(order.payment_status)}`,
    branches: [
      ...calls(order.needs_attention),
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
