import { answersOf, isFinal, type Operation } from '../traffic/history.ts'
import type { Books } from './books.ts'
import { describe, type HistoryCheck, violation, type Violations } from './evidence.ts'

export const replenishmentsAreAsAnswered: HistoryCheck = {
  name: 'replenishments_are_as_answered',
  promise:
    'Units whose order or receipt was acknowledged are in the books as asked, once; those that were refused are not.',
  look: ({ operations, books }) => [
    ...operations.flatMap((operation) => whatIsNotSo(operation, books)),
    ...whatNobodyCountedIn(operations, books),
  ],
}

function whatIsNotSo(operation: Operation, books: Books): Violations {
  if (operation.kind !== 'replenish' && operation.kind !== 'receive') return []
  const use = useOf(operation)
  const heard = answersOf(operation)
  const isBooked = operation.kind === 'replenish' ? books.replenishments.has(use) : books.receipts.has(use)
  const complaints: string[] = []
  if (new Set(heard.flatMap(({ replenishmentId }) => replenishmentId ?? [])).size > 1)
    complaints.push(`one key was answered with several: ${describe(operation)}`)
  if (!isBooked && heard.some(({ status }) => status === 201))
    complaints.push(`heard ${describe(operation)}; the books have nothing`)
  if (isBooked && heard.some((each) => isFinal(each) && each.status >= 400))
    complaints.push(`heard ${describe(operation)}; it was done all the same`)
  const counted = books.receipts.get(use)
  if (counted && (counted.productId !== operation.units?.productId || counted.quantity !== operation.units.quantity))
    complaints.push(`asked for ${operation.units?.quantity} units, ${counted.quantity} were counted in`)
  return complaints.map((complaint) => violation(operation, complaint))
}

function whatNobodyCountedIn(operations: readonly Operation[], books: Books): Violations {
  const asked = new Set(operations.filter(({ kind }) => kind === 'receive').map(useOf))
  return [...books.receipts.keys()]
    .filter((use) => !asked.has(use))
    .map((subject) => ({ subject, detail: 'nobody counted these units in' }))
}

const useOf = ({ by, key }: Operation): string => `${by} ${key}`
