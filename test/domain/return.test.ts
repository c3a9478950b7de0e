import { describe, expect, test } from 'vitest'
import { quoteReturn, type Returnable } from '../../domain/return.ts'

const day = 24 * 60 * 60_000

const line = (productId: string, quantity: number, refundedUnits = 0) => ({
  ...{ productId, quantity, refundedUnits, unitPriceMinor: 1_000, restockedUnits: 0 },
})
const delivered: Returnable = {
  orderStatus: 'delivered',
  deliveredForMs: day,
  capturedMinor: 5_000,
  refundedMinor: 0,
  lines: [line('lamp', 3, 1), line('bulb', 2)],
}
const quote = (items: [string, number][], change: Partial<Returnable> = {}) =>
  quoteReturn(
    items.map(([productId, quantity]) => ({ productId, quantity })),
    { ...delivered, ...change },
    30 * day,
  )

describe('goods may come back', () => {
  test('for what was paid for them, as many as were bought less what is on its way back or was refunded', () => {
    expect(quote([['lamp', 2]])).toEqual({ outcome: 'quoted', valueMinor: 2_000 })
    expect(quote([['lamp', 2], ['bulb', 2]])).toMatchObject({ valueMinor: 4_000 }) // biome-ignore format: a line a case
    expect(quote([['lamp', 3]])).toMatchObject({ problem: 'return_exceeds_bought' })
  })

  test.each<[string, Partial<Returnable>, string]>([
    ['not before they have left', { orderStatus: 'paid', deliveredForMs: null }, 'not_returnable'],
    ['not of a cancelled order', { orderStatus: 'cancelled', deliveredForMs: null }, 'not_returnable'],
    ['not when the window is over', { deliveredForMs: 30 * day + 1 }, 'return_window_over'],
    ['not when all of the money has gone back', { refundedMinor: 5_000 }, 'not_returnable'],
  ])('%s', (_, change, problem) => {
    expect(quote([['lamp', 1]], change)).toMatchObject({ outcome: 'refused', problem })
  })

  test('while the parcel is on its way, and until the last moment of the window', () => {
    expect(quote([['lamp', 1]], { orderStatus: 'shipped', deliveredForMs: null }).outcome).toBe('quoted')
    expect(quote([['lamp', 1]], { deliveredForMs: 30 * day }).outcome).toBe('quoted')
  })

  test('only of the order', () => {
    expect(quote([['sofa', 1]])).toMatchObject({ problem: 'invalid_request' })
  })
})
