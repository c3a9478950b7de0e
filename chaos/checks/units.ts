import { finalAnswer, type Operation } from '../traffic/history.ts'
import { checkoutsOf, type Evidence, type HistoryCheck, type Violations } from './evidence.ts'

export const scarceUnitsGoRound: HistoryCheck = {
  name: 'scarce_units_go_to_as_many',
  promise: 'Of N who race for k units exactly k get one, and the others hear that there are none left.',
  look: ({ operations, books, shelves }) => {
    const racing = Map.groupBy(
      checkoutsOf(operations).filter(({ race }) => race !== undefined),
      ({ race }) => race as string,
    )
    return shelves.scarce.flatMap(({ productId, units }) => {
      const racers = racing.get(productId) ?? []
      const won = racers.filter((racer) => finalAnswer(racer)?.status === 201).length
      const lost = racers.filter((racer) => finalAnswer(racer)?.code === 'insufficient_stock').length
      const orders = [...books.lines].filter(([, lines]) => lines.some((line) => line.productId === productId))
      const cameBack = orders.filter(([id]) => books.orders.get(id)?.status === 'cancelled').length
      const most = Math.min(units, racers.length)
      const left = books.onHand.get(productId)
      const complaints: string[] = []
      if (won > units) complaints.push(`${won} of ${racers.length} racers got one of ${units} units`)
      // Units that are held for one who is given up in the end are not there for the others meanwhile.
      if (won < most - cameBack) complaints.push(`only ${won} of ${racers.length} racers got one of ${units} units`)
      if (won + lost !== racers.length)
        complaints.push(`${racers.length - won - lost} of ${racers.length} racers heard something else`)
      if (left !== units - (orders.length - cameBack))
        complaints.push(`${left} on the shelf after ${orders.length - cameBack} of ${units} were sold`)
      return complaints.map((detail) => ({ subject: productId, detail }))
    })
  },
}

export const adjustmentsCountOnce: HistoryCheck = {
  name: 'corrections_count_once',
  promise: 'A stock correction that was acknowledged is in the ledger exactly once, as it was asked for; no other is.',
  look: ({ operations, books }) => {
    const booked = Map.groupBy(books.adjustments, ({ reason }) => reason)
    const asked = adjustmentsOf(operations)
    const known = new Set(asked.map(({ key }) => key))
    const wrong: Violations = asked.flatMap(({ key, adjustment, ...operation }) => {
      const entries = booked.get(key) ?? []
      const isAcknowledged = finalAnswer({ ...operation, key })?.status === 201
      const isRight = entries.every((e) => e.productId === adjustment?.productId && e.change === adjustment.change)
      if (isRight && entries.length <= 1 && (entries.length === 1 || !isAcknowledged)) return []
      return [
        {
          subject: key,
          detail: `${adjustment?.change} units asked for once, ${entries.length} entries: ${entries.map(({ change }) => change).join(', ')}`,
        },
      ]
    })
    const unasked = [...booked.keys()].filter((reason) => !known.has(reason))
    return [...wrong, ...unasked.map((reason) => ({ subject: reason, detail: 'nobody asked for this correction' }))]
  },
}

export const shelvesAddUp: HistoryCheck = {
  name: 'shelves_add_up',
  promise:
    'What lies on a shelf is what lay there first, corrected, with what was counted in, less what live paid orders took and no refund or return put back.',
  look: ({ operations, books, shelves, openingUnits }: Evidence) => {
    const expected = new Map(shelves.plenty.map((productId) => [productId, openingUnits]))
    const add = (productId: string, units: number) => {
      const before = expected.get(productId)
      if (before !== undefined) expected.set(productId, before + units)
    }
    const asked = new Set(adjustmentsOf(operations).map(({ key }) => key))
    for (const { reason, productId, change } of books.adjustments) if (asked.has(reason)) add(productId, change)
    for (const { productId, quantity } of books.receipts.values()) add(productId, quantity)
    for (const [id, lines] of books.lines) {
      const status = books.orders.get(id)?.status
      if (status === 'paid' || status === 'shipped' || status === 'delivered')
        for (const { productId, quantity } of lines) add(productId, -quantity)
    }
    for (const { orderId, restocked } of books.refunds.values())
      if (books.orders.get(orderId)?.status !== 'cancelled')
        for (const { productId, quantity } of restocked) add(productId, quantity)
    for (const { productId, quantity } of books.returnReceipts.values()) add(productId, quantity)
    return [...expected]
      .filter(([productId, units]) => books.onHand.get(productId) !== units)
      .map(([subject, units]) => ({
        subject,
        detail: `${books.onHand.get(subject)} on the shelf, it should be ${units}`,
      }))
  },
}

const adjustmentsOf = (operations: readonly Operation[]) => operations.filter(({ kind }) => kind === 'adjust')
