import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isId, orderStepKey, orderWorkflowId } from '../../domain/ids.ts'
import { canBecome, nextStatuses, type OrderStatus } from '../../domain/order.ts'
import { problems } from '../../domain/problems.ts'
import { projectFolder } from '../checks.ts'

const statuses = Object.keys(nextStatuses) as OrderStatus[]

describe('what may happen to an order', () => {
  test('a delivered or cancelled order stays what it is', () => {
    for (const status of statuses) {
      expect(canBecome('delivered', status)).toBe(false)
      expect(canBecome('cancelled', status)).toBe(false)
    }
  })

  test('nothing is shipped that is not paid, nothing delivered that is not shipped', () => {
    expect(statuses.filter((status) => canBecome(status, 'shipped'))).toEqual(['paid'])
    expect(statuses.filter((status) => canBecome(status, 'delivered'))).toEqual(['shipped'])
  })

  test('a parcel on its way cannot be cancelled', () => {
    expect(statuses.filter((status) => canBecome(status, 'cancelled'))).toEqual(['pending', 'paid'])
  })

  test('the drawing in docs/order-states.md is the table in the code', () => {
    const drawing = readFileSync(join(projectFolder, 'docs/order-states.md'), 'utf8')
    const drawn = [...drawing.matchAll(/^\s*(\w+) --> (\w+)/gm)]
      .map(([, from, to]) => `${from} ${to}`)
      .filter((line) => !line.includes('start'))
    const table = statuses.flatMap((from) => nextStatuses[from].map((to) => `${from} ${to}`))
    expect(drawn.toSorted()).toEqual(table.toSorted())
  })
})

describe('one name for one thing, wherever it is made', () => {
  const orderId = 'ord_01a206e9-db12-7028-911d-2d4b1e5de3fc'

  test('an order, its workflow and its payment steps', () => {
    expect(orderWorkflowId(orderId)).toBe(`order-${orderId}`)
    expect(orderStepKey(orderId, 'capture')).toBe(`${orderId}:capture`)
  })

  test.each([
    [orderId, true],
    [orderId.replace('ord', 'prd'), false],
    [orderId.replace('-7028', '-4028'), false],
    [`${orderId}0`, false],
    ["ord_' or 1=1", false],
    ['', false],
  ])('%s names an order: %s', (id, expected) => {
    expect(isId('ord', id)).toBe(expected)
  })
})

test('every problem has a status that says error and words for a person', () => {
  for (const { status, title } of Object.values(problems)) {
    expect(status).toBeGreaterThanOrEqual(400)
    expect(title.length).toBeGreaterThan(10)
  }
})
