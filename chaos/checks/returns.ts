import { answersOf, isFinal, type Operation } from '../traffic/history.ts'
import type { Books } from './books.ts'
import { describe, type HistoryCheck, violation, type Violations } from './evidence.ts'

export const returnsAreAsAnswered: HistoryCheck = {
  name: 'returns_are_as_answered',
  promise:
    'Goods whose return or receipt was acknowledged are in the books as asked, once; what was refused is not; no more came back than was bought.',
  look: ({ operations, books }) => [
    ...operations.flatMap((operation) => whatIsNotSo(operation, books)),
    ...whatNobodyCountedIn(operations, books),
    ...whatWasNeverBought(books),
  ],
}

function whatIsNotSo(operation: Operation, books: Books): Violations {
  const { kind, goods } = operation
  if (kind !== 'send back' && kind !== 'receive return') return []
  const use = useOf(operation)
  const booked = (kind === 'send back' ? books.returns : books.returnReceipts).get(use)
  const heard = answersOf(operation)
  const complaints: string[] = []
  if (new Set(heard.flatMap(({ returnId }) => returnId ?? [])).size > 1)
    complaints.push(`one key was answered with several: ${describe(operation)}`)
  if (!booked && heard.some(({ status }) => status === 201))
    complaints.push(`heard ${describe(operation)}; the books have nothing`)
  if (booked && heard.some((each) => isFinal(each) && each.status >= 400))
    complaints.push(`heard ${describe(operation)}; it was done all the same`)
  if (booked && (booked.productId !== goods?.productId || booked.quantity !== goods.quantity))
    complaints.push(`asked for ${goods?.quantity} units, the books have ${booked.quantity}`)
  return complaints.map((complaint) => violation(operation, complaint))
}

function whatNobodyCountedIn(operations: readonly Operation[], books: Books): Violations {
  const asked = new Set(operations.filter(({ kind }) => kind === 'receive return').map(useOf))
  return [...books.returnReceipts.keys()]
    .filter((use) => !asked.has(use))
    .map((subject) => ({ subject, detail: 'nobody counted these goods in' }))
}

function whatWasNeverBought({ returnReceipts, lines }: Books): Violations {
  const came = new Map<string, number>()
  for (const { orderId, productId, quantity } of returnReceipts.values()) {
    const line = `${orderId} ${productId}`
    came.set(line, (came.get(line) ?? 0) + quantity)
  }
  return [...came].flatMap(([subject, units]) => {
    const [orderId = '', productId] = subject.split(' ')
    const bought = lines.get(orderId)?.find((line) => line.productId === productId)?.quantity ?? 0
    return units > bought ? [{ subject: orderId, detail: `${units} came back of ${bought} that were bought` }] : []
  })
}

const useOf = ({ by, key }: Operation): string => `${by} ${key}`
