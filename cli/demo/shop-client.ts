import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

export type Money = { amount: number; currency: string }
export type Product = {
  id: string
  sku: string
  name: string
  price: Money
  category: string
  inventory: { available: number }
}
export type Order = {
  id: string
  number: string | null
  status: string
  payment_status: string
  items: { sku: string; name: string; quantity: number; unit_price: Money; total_price: Money }[]
  total: Money
  refunded: Money
  risk_score: number | null
  next_action?: { type: string; payment_intent_id: string; url: string; expires_at: string } | null
}
export type Refund = { id: string; status: string; amount: Money }
export type Return = { id: string; status: string }
type ReturnItem = { product_id: string; quantity: number }
export type Replenishment = {
  id: string
  status: string
  quantity: number
  received: number
  requested_by: string
  suppliers: { supplier: { name: string }; status: string; quantity: number; confirmed_quantity: number }[]
}
export type Stock = { on_hand: number; available: number; incoming: number }
export type RefundWish = {
  amount?: Money
  items?: { product_id: string; quantity: number; restock: boolean }[]
  reason: string
}
export type TimelineStep = {
  what: string
  from_status: string | null
  to_status: string | null
  detail: Record<string, unknown>
  created_at: string
}
export type Problem = {
  decline_code?: string
  code: string
  title?: string
  detail?: string
  items?: { requested: number; available: number }[]
}

export type Answer<Body> = { status: number; body: Body; replayed: boolean; tookMs: number }

export type Line = { product: Product; quantity: number }
export type Purchase = { lines: Line[]; token: string; capture?: 'manual'; key?: string }

type Request = { body?: object; token?: string; key?: string }

/** An answer that no story has a use for. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer'
}

export type Shop = ReturnType<typeof openShop>
export type Customer = Awaited<ReturnType<Shop['newCustomer']>>
export type Staff = Awaited<ReturnType<Shop['signInStaff']>>

/** The shop as its customers and its staff meet it: nothing here knows more than the public API. */
export function openShop(api: string) {
  async function call<Body>(method: string, path: string, { body, token, key }: Request = {}): Promise<Answer<Body>> {
    const startedAt = performance.now()
    const response = await fetch(new URL(path, api), {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...(key && { 'idempotency-key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    })
    const text = await response.text()
    return {
      status: response.status,
      body: (text && response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined) as Body,
      replayed: response.headers.get('idempotency-replayed') === 'true',
      tookMs: Math.round(performance.now() - startedAt),
    }
  }

  async function must<Body>(method: string, path: string, request?: Request): Promise<Body> {
    const answer = await call<Body & Problem>(method, path, request)
    if (answer.status < 300) return answer.body
    const { code = '', detail, title } = answer.body ?? {}
    throw new UnexpectedAnswer(`${method} ${path} was answered ${answer.status} ${code}: ${detail ?? title ?? ''}`)
  }

  async function signIn(email: string, password: string): Promise<string> {
    const body = { email, password }
    return (await must<{ access_token: string }>('POST', '/v1/auth/login', { body })).access_token
  }

  const refundAs = (token: string) => (orderId: string, body: RefundWish) =>
    call<Refund & Problem>('POST', `/v1/orders/${orderId}/refunds`, { token, key: randomUUID(), body })

  return {
    listProducts: async (query = 'limit=100') => (await must<{ data: Product[] }>('GET', `/v1/products?${query}`)).data,
    product: (id: string) => must<Product>('GET', `/v1/products/${id}`),

    async newCustomer() {
      const name = `demo-${randomBytes(4).toString('hex')}`
      const [email, password] = [`${name}@example.com`, randomUUID()]
      await must('POST', '/v1/auth/register', { body: { username: name, email, password } })
      const token = await signIn(email, password)
      const order = (id: string) => must<Order>('GET', `/v1/orders/${id}`, { token })
      return {
        email,
        order,
        buy: ({ lines, token: card, capture, key = randomUUID() }: Purchase) =>
          call<Order & Problem>('POST', '/v1/orders', {
            token,
            key,
            body: {
              items: lines.map(({ product, quantity }) => ({ product_id: product.id, quantity })),
              payment: { method: 'card', token: card, ...(capture && { capture }) },
              shipping_address: demoAddress,
            },
          }),
        newestOrder: async () => (await must<{ data: Order[] }>('GET', '/v1/orders?limit=1', { token })).data[0],
        timeline: async (id: string) =>
          (await must<{ data: TimelineStep[] }>('GET', `/v1/orders/${id}/timeline`, { token })).data,
        cancel: (id: string, reason: string) =>
          call<Order & Problem>('POST', `/v1/orders/${id}/cancel`, { token, key: randomUUID(), body: { reason } }),
        refund: refundAs(token),
        sendBack: (id: string, wish: { items: ReturnItem[]; reason: string }) =>
          call<Return & Problem>('POST', `/v1/orders/${id}/returns`, { token, key: randomUUID(), body: wish }),
        async orderOnce(id: string, is: (order: Order) => boolean, withinMs = 60_000): Promise<Order> {
          for (const deadline = Date.now() + withinMs; ; await sleep(100)) {
            const seen = await order(id)
            if (is(seen) || Date.now() > deadline) return seen
          }
        },
      }
    },

    async signInStaff({ email, password }: { email: string; password: string }) {
      const token = await signIn(email, password)
      return {
        refund: refundAs(token),
        approveRefund: (id: string) => call<Refund & Problem>('POST', `/v1/refunds/${id}/approve`, { token, body: {} }),
        approveReturn: (id: string) =>
          call<Return & Problem>('POST', `/v1/returns/${id}/approve`, { token, key: randomUUID(), body: {} }),
        receiveReturn: (id: string, items: (ReturnItem & { restock: boolean })[]) =>
          call<Return & Problem>('POST', `/v1/returns/${id}/receipts`, { token, key: randomUUID(), body: { items } }),
        returnOf: (id: string) => must<Return>('GET', `/v1/returns/${id}`, { token }),
        createProduct: (product: { name: string; price: Money; onHand: number }) =>
          must<Product>('POST', '/v1/products', {
            token,
            body: {
              sku: `DEMO-${randomBytes(4).toString('hex').toUpperCase()}`,
              name: product.name,
              description: 'Made for one run of the demo.',
              price: product.price,
              category: 'demo',
              attributes: {},
              inventory: { on_hand: product.onHand },
            },
          }),
        deleteProduct: (id: string) => must('DELETE', `/v1/products/${id}`, { token }),
        stock: (productId: string) => must<Stock>('GET', `/v1/inventory/${productId}`, { token }),
        reorderAt: (productId: string, point: number, quantity: number) =>
          must<Stock>('PATCH', `/v1/inventory/${productId}`, {
            token,
            body: { reorder_point: point, reorder_quantity: quantity },
          }),
        suppliedBy: async (productId: string, names: string[]) => {
          const suppliers = await Promise.all(
            names.map((name) => must<{ id: string }>('POST', '/v1/suppliers', { token, body: { name } })),
          )
          const terms = { supplier_sku: 'CANDLE', lead_time_days: 5, unit_cost: { amount: 800, currency: 'USD' } }
          const body = { suppliers: suppliers.map(({ id }) => ({ supplier_id: id, ...terms })) }
          await must('PUT', `/v1/products/${productId}/suppliers`, { token, body })
        },
        replenishmentsOf: async (productId: string) =>
          (await must<{ data: Replenishment[] }>('GET', `/v1/replenishments?product_id=${productId}`, { token })).data,
        receive: (id: string, quantity: number) =>
          call<Replenishment & Problem>('POST', `/v1/replenishments/${id}/receipts`, {
            token,
            key: randomUUID(),
            body: { quantity },
          }),
        ship: (orderId: string, shipment: { carrier: string; tracking_number: string }) =>
          must('POST', `/v1/orders/${orderId}/shipments`, { token, key: randomUUID(), body: shipment }),
        deliver: (orderId: string) =>
          must('POST', `/v1/orders/${orderId}/deliveries`, { token, key: randomUUID(), body: {} }),
      }
    },
  }
}

const demoAddress = {
  name: 'Robin Demo',
  line1: '12 Harbour Street',
  city: 'Portland',
  state: 'OR',
  postal_code: '97201',
  country: 'US',
}
