import { z } from 'zod'
import { createCaller, type CallerConfig, type JsonCall } from '../json-call.ts'
import { GatewayUnavailable } from '../unavailable.ts'
import type { Addressed, SupplierGateway, SuppliersOrder } from './port.ts'

/** The client of `sandbox/supplier`. */
export function createSandboxSuppliers(config: CallerConfig): SupplierGateway {
  const call = createCaller(config)

  return {
    place: ({ key, sku, quantity, unitCostMinor, currency, ...to }) =>
      ask({
        method: 'POST',
        path: '/v1/orders',
        key,
        body: {
          supplier: supplierOf(to),
          ...{ sku, quantity, unit_cost: { amount: unitCostMinor, currency } },
        },
      }),
    async remind({ key, reminderKey, about, ...to }) {
      const body = { supplier: supplierOf(to), about }
      const order = await ask({ method: 'POST', path: `${pathOf(key)}/reminders`, key: reminderKey, body })
      // The order itself has not arrived yet: nothing is decided.
      return order.reason === 'order_not_found' ? { ...order, status: 'received' } : order
    },
    withdraw: ({ key, ...to }) =>
      ask({ method: 'POST', path: `${pathOf(key)}/withdrawal`, body: { supplier: supplierOf(to) } }),
  }

  async function ask(request: JsonCall): Promise<SuppliersOrder> {
    const { status, json } = await call(request)
    if (status >= 200 && status < 300) {
      const parsed = orderAnswer.safeParse(json)
      if (parsed.success) return toOrder(parsed.data)
      throw new GatewayUnavailable(`${request.method} ${request.path} was answered ${status} in a shape we do not know`)
    }
    const refusal = errorAnswer.safeParse(json)
    const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429
    if (!isFinal || !refusal.success)
      throw new GatewayUnavailable(`${request.method} ${request.path} was answered ${status}`)
    return { status: 'refused', quantity: 0, confirmedQuantity: 0, reason: refusal.data.error.code }
  }
}

const orderAnswer = z.object({
  status: z.enum(['received', 'confirmed', 'refused', 'withdrawn']),
  quantity: z.int().min(0),
  confirmed_quantity: z.int().min(0),
  expected_at: z.iso.datetime().nullable(),
  reason: z.string().max(200).nullable(),
})
const errorAnswer = z.object({ error: z.object({ code: z.string().max(100), message: z.string() }) })

const supplierOf = ({ supplierId, supplierName }: Omit<Addressed, 'key'>) => ({ id: supplierId, name: supplierName })

const pathOf = (key: string) => `/v1/orders/${encodeURIComponent(key)}`

const toOrder = (answer: z.infer<typeof orderAnswer>): SuppliersOrder => ({
  status: answer.status,
  quantity: answer.quantity,
  confirmedQuantity: answer.confirmed_quantity,
  ...(answer.expected_at && { expectedAt: new Date(answer.expected_at) }),
  ...(answer.reason && { reason: answer.reason }),
})
