import { formatMoney } from '../../domain/money.ts'
import { orderWorkflowId } from '../../domain/ids.ts'
import {
  type Customer,
  type Line,
  type Money,
  openShop,
  type Order,
  type Product,
  type Shop,
  UnexpectedAnswer,
} from './shop-client.ts'

export type TemporalPlace = { address: string; namespace: string; ui?: string | undefined; cli?: string | undefined }

export type PaidOrderOptions = {
  api: string
  admin: { email: string; password: string }
  temporal?: TemporalPlace | undefined
  print: (line: string) => void
}

/** One real order from an empty account to captured money, and where to look at it. */
export async function playPaidOrder({ api, admin, temporal, print }: PaidOrderOptions): Promise<{ orderId: string }> {
  const shop = openShop(api)
  const lines = await fillBasket(shop, admin)
  const customer = await shop.newCustomer()
  print(`A demo order: ${customer.email} buys`)
  for (const { product, quantity } of lines) print(`  ${quantity} x ${product.name} at ${money(product.price)}`)

  const bought = await customer.buy({ lines, token: 'tok_visa' })
  if (bought.status !== 201 && bought.status !== 202)
    throw new UnexpectedAnswer(
      `The order was refused: ${bought.status} ${bought.body?.code ?? ''} ${bought.body?.detail ?? ''}`,
    )
  const order = await customer.orderOnce(bought.body.id, isPaidAndSettled)
  if (!isPaidAndSettled(order))
    throw new UnexpectedAnswer(`The order ${order.id} is still ${order.status}, its payment ${order.payment_status}`)
  print(`  answered ${bought.status} after ${bought.tookMs} ms`)
  print(`  order ${order.number} (${order.id}) is ${order.status}: ${money(order.total)} ${order.payment_status}`)
  print('')
  for (const line of await journeyOf(customer, order.id)) print(line)
  print('')
  for (const line of whereToGo(order.id, api, temporal)) print(line)
  return { orderId: order.id }
}

const isPaidAndSettled = (order: Order): boolean => order.status !== 'pending' && order.payment_status !== 'authorized'

/** Two things that are in stock, from two departments; an empty shop gets one to sell. */
async function fillBasket(shop: Shop, admin: { email: string; password: string }): Promise<Line[]> {
  const onSale = (await shop.listProducts()).filter(
    (product) => product.inventory.available >= 5 && product.price.amount <= 200_00,
  )
  const first = onSale[0]
  if (!first) return [{ product: await someProduct(shop, admin), quantity: 2 }]
  const second = onSale.find(
    ({ category, price }) => category !== first.category && price.currency === first.price.currency,
  )
  return [{ product: first, quantity: 2 }, ...(second ? [{ product: second, quantity: 1 }] : [])]
}

async function someProduct(shop: Shop, admin: { email: string; password: string }): Promise<Product> {
  const staff = await shop.signInStaff(admin)
  return staff.createProduct({ name: 'Demo lantern', price: { amount: 24_50, currency: 'USD' }, onHand: 100 })
}

/** Each step with how long after the first it came, and what is known of it. */
export async function journeyOf(customer: Customer, orderId: string): Promise<string[]> {
  const steps = await customer.timeline(orderId)
  const startedAt = Date.parse(steps[0]?.created_at ?? '')
  const width = Math.max(...steps.map(({ what }) => what.length))
  return steps.map(({ what, to_status, detail, created_at }) => {
    const at = new Date(created_at)
    const after = `+${at.getTime() - startedAt} ms`
    const known = wordsOf(detail)
    const status = to_status ? `now ${to_status}` : ''
    return `  ${at.toISOString().slice(11, 23)} ${after.padStart(9)}  ${what.padEnd(width)}  ${status.padEnd(13)}  ${known}`.trimEnd()
  })
}

function wordsOf({ amount, currency, ...rest }: Record<string, unknown>): string {
  const isMoney = typeof amount === 'number' && typeof currency === 'string'
  const known = Object.entries(isMoney || amount === undefined ? rest : { amount, ...rest })
  const words = known.map(([name, value]) => `${name.replaceAll('_', ' ')} ${rounded(value)}`)
  return [...(isMoney ? [money({ amount, currency })] : []), ...words].join(', ')
}

const rounded = (value: unknown): unknown => (typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value)

function whereToGo(orderId: string, api: string, temporal: TemporalPlace | undefined): string[] {
  const lines = [`  The order         ${api}/v1/orders/${orderId}`, `  The API's docs    ${api}/docs`]
  if (!temporal) return lines
  const signal = `${temporalCommand(temporal)} workflow signal --workflow-id ${orderWorkflowId(orderId)}`
  return [
    ...lines,
    ...(temporal.ui ? [`  Its workflow      ${workflowPage(temporal.ui, temporal.namespace, orderId)}`] : []),
    `  Ship it           ${signal} --name ship --input '{"carrier":"DHL","tracking_number":"JD014600003"}'`,
    `  Say it arrived    ${signal} --name deliver --input '{}'`,
  ]
}

export const workflowPage = (ui: string, namespace: string, orderId: string): string =>
  `${ui}/namespaces/${namespace}/workflows/${orderWorkflowId(orderId)}`

/** The CLI as it has to be typed: what it assumes by itself is left out. */
export function temporalCommand({ cli = 'temporal', address, namespace }: TemporalPlace): string {
  const program = /^[\w./-]+$/.test(cli) ? cli : `'${cli}'`
  return [
    program,
    ...(address === '127.0.0.1:7233' ? [] : ['--address', address]),
    ...(namespace === 'default' ? [] : ['--namespace', namespace]),
  ].join(' ')
}

export const money = ({ amount, currency }: Money): string => formatMoney({ amountMinor: amount, currency })
