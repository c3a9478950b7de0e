import { InvalidArgumentError, type Command } from 'commander'
import { returnWorkflowId } from '../../domain/ids.ts'
import { money, status, unitsLine, when } from './print.ts'
import { calls, reasoned, resourceCommands } from './resource.ts'
import type { Work } from './work.ts'

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
  const returns = resourceCommands<Return>(program, work, {
    name: 'returns',
    noun: 'return',
    what: 'goods that customers send back',
  })
  returns.list({
    statuses: 'requested, approved, denied, partially_received, received, refunded, expired, cancelled',
    by: { flags: '--order <order>', what: 'only those of one order', parameter: 'order_id' },
    columns: {
      return: ({ id }) => id,
      order: ({ order_id }) => order_id,
      status: (found) => status(found.status),
      came,
    },
    made: 'asked for',
  })
  returns.show({
    what: 'what is to come back, what has come, and its money',
    draw(found, counter) {
      const { id, refund } = found
      const branches = [
        ...calls(found.needs_attention),
        { text: `order     ${found.order_id}` },
        { text: `reason    ${found.reason}` },
        { text: `asked by  ${found.requested_by}` },
        ...(found.decided_by ? [{ text: `decided   ${found.decided_by}` }] : []),
        ...(found.receive_until ? [{ text: `to come until ${when(found.receive_until)}` }] : []),
        { text: `workflow  ${counter.pageOf(returnWorkflowId(id))}` },
        ...(refund ? [{ text: `refund    ${refund.id}  ${status(refund.status)}  ${money(refund.amount)}` }] : []),
        {
          text: `${came(found)} units have come`,
          branches: [
            ...found.items.map(({ product_id, quantity, received, unit_price }) => ({
              text: `${received} of ${quantity} × ${product_id}  ${money(unit_price)} each`,
            })),
            ...found.receipts.map(({ items, received_by, created_at }) => ({
              text: `${when(created_at)}  ${items.map(unitsLine).join(', ')}, counted by ${received_by}`,
            })),
          ],
        },
      ]
      return { text: `${id}  ${status(found.status)}`, branches }
    },
  })

  const tell = (found: Return) => `: ${came(found)} units have come`
  for (const [name, what] of [
    ['approve', 'let the customer send the goods back'],
    ['deny', 'refuse it'],
  ] as const)
    returns.act({ name, what, said: reasoned, tell }).option('--reason <text>', 'for the timeline')
  returns
    .act({
      name: 'receive',
      path: 'receipts',
      what: 'count in what has come; all that is still to come when no item is named',
      async said({ item, restock }, counter, id) {
        const items: object[] = item.length > 0 ? item : dueOf(await counter.read(`/v1/returns/${id}`))
        return { items: items.map((each) => ({ ...each, restock })) }
      },
      tell,
    })
    .option('--item <product=units>', 'may be given several times', collectItem, [])
    .option('--no-restock', 'not fit for the shelf')
  returns.act({ name: 'retry', what: 'have its refund tried again', said: () => undefined, tell })
}

const dueOf = ({ items }: Return) =>
  items
    .filter(({ quantity, received }) => quantity > received)
    .map(({ product_id, quantity, received }) => ({ product_id, quantity: quantity - received }))

function collectItem(text: string, before: object[]): object[] {
  const [, product_id, units] = /^(\S+)=([1-9]\d{0,8})$/.exec(text) ?? []
  if (!units) throw new InvalidArgumentError('Say it as prd_…=2.')
  return [...before, { product_id, quantity: Number(units) }]
}
