import type { OrderRequest, SupplierGateway, SuppliersOrder } from '../gateways/supplier/index.ts'
import { createLine, type LineFaults } from './line.ts'
import type { Scheduler } from './scheduler.ts'

/** `slow` accepts after a while, sometimes too late; `silent` never answers. */
const ways = ['accepts', 'slow', 'part', 'refuses', 'silent'] as const

/** `dueMs`: when it is decided. */
type Kept = SuppliersOrder & { supplierId: string; dueMs: number }

export type Suppliers = ReturnType<typeof createSuppliers>

const HOUR_MS = 60 * 60_000

/** Companies that units are ordered from, in memory, with books of their own: as the sandbox's, and far less reliable. */
export function createSuppliers(scheduler: Scheduler, faults: LineFaults) {
  const orders = new Map<string, Kept>()
  const behaviours = new Map<string, (typeof ways)[number]>()
  const call = createLine('supplier', scheduler, faults)

  const desk = {
    place({ key, supplierId, quantity }: OrderRequest): SuppliersOrder {
      if (!orders.has(key)) {
        const dueMs = scheduler.nowMs + (behaviourOf(supplierId) === 'slow' ? scheduler.between(2_000, 60_000) : 0)
        orders.set(key, { supplierId, status: 'received', quantity, confirmedQuantity: 0, dueMs })
      }
      return desk.stands(key)
    },
    stands(key: string): SuppliersOrder {
      const order = orders.get(key)
      // As the sandbox's client reads that the order has not arrived.
      if (!order) return { status: 'received', quantity: 0, confirmedQuantity: 0 }
      const behaviour = behaviourOf(order.supplierId)
      if (order.status === 'received' && order.dueMs <= scheduler.nowMs && behaviour !== 'silent') {
        scheduler.count(`supplier ${behaviour}`)
        if (behaviour === 'refuses') Object.assign(order, { status: 'refused', reason: 'sold_out' })
        else {
          const share = behaviour === 'part' ? 0.5 : 1
          const expectedAt = new Date(scheduler.dateMs + scheduler.between(0, 5 * HOUR_MS))
          const confirmedQuantity = Math.max(1, Math.floor(order.quantity * share))
          Object.assign(order, { status: 'confirmed', confirmedQuantity, expectedAt })
        }
      }
      const { supplierId: _, dueMs: __, ...answer } = order
      return answer
    },
    /** One that has not arrived yet will not be taken up when it does. */
    withdraw(key: string, supplierId: string): SuppliersOrder {
      const order = orders.get(key) ?? { supplierId, quantity: 0, confirmedQuantity: 0, dueMs: scheduler.nowMs }
      scheduler.count('supplier order withdrawn')
      orders.set(key, { ...order, status: 'withdrawn' })
      return desk.stands(key)
    },
  }

  function behaviourOf(supplierId: string): (typeof ways)[number] {
    const behaviour = behaviours.get(supplierId) ?? scheduler.pick(ways)
    behaviours.set(supplierId, behaviour)
    return behaviour
  }

  return {
    /** What the suppliers believe is wanted of them, by key. */
    books: orders as ReadonlyMap<string, SuppliersOrder>,
    client: (timeoutMs: number): SupplierGateway => ({
      place: (request) => call('place', timeoutMs, () => desk.place(request)),
      remind: ({ key, about }) => call(`remind of ${about}`, timeoutMs, () => desk.stands(key)),
      withdraw: ({ key, supplierId }) => call('withdraw', timeoutMs, () => desk.withdraw(key, supplierId)),
    }),
  }
}
