import { answersOf, isFinal, type Operation } from '../traffic/history.ts'
import type { Books } from './books.ts'
import { describe, type HistoryCheck, violation, type Violations } from './evidence.ts'

export const refundsAreAsAnswered: HistoryCheck = {
  name: 'refunds_are_as_answered',
  promise: 'A refund that was acknowledged went out, one that was refused did not, and one key is one refund.',
  look: ({ operations, books }) =>
    operations.filter(({ kind }) => kind === 'refund').flatMap((operation) => whatIsNotSo(operation, books)),
}

function whatIsNotSo(operation: Operation, books: Books): Violations {
  const booked = books.refunds.get(`${operation.by} ${operation.key}`)
  const heard = answersOf(operation)
  const ids = new Set(heard.flatMap(({ refundId }) => refundId ?? []))
  const complaints: string[] = []
  if (ids.size > 1) complaints.push(`one key was answered with ${[...ids].join(' and ')}`)
  if (heard.some(({ status, refundStatus }) => status === 201 && refundStatus !== booked?.status))
    complaints.push(`heard ${describe(operation)}; the books say ${booked?.status ?? 'nothing'}`)
  if (booked?.status === 'succeeded' && heard.some((each) => isFinal(each) && each.status >= 400))
    complaints.push(`heard ${describe(operation)}; it went out all the same`)
  return complaints.map((complaint) => violation(operation, complaint))
}
