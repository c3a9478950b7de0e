import type { Baskets } from '../../domain/recommendation/baskets.ts'
import { growing, numbering } from '../../domain/recommendation/collecting.ts'
import { type BadLine, linesOf } from './reading.ts'

/** One basket a line, its items separated by commas. */
export async function readBaskets(file: string, onBad: (bad: BadLine) => void): Promise<Baskets> {
  const names = numbering()
  const offsets = growing((length) => new Int32Array(length))
  const items = growing((length) => new Int32Array(length))
  offsets.push(0)
  for await (const { words, line } of linesOf(file)) {
    const basket = new Set(words.filter((word) => word !== '').map((word) => names.numberOf(word)))
    if (basket.size === 0) {
      onBad({ line, why: 'no item in it' })
      continue
    }
    for (const item of basket) items.push(item)
    offsets.push(items.length)
  }
  return { itemCount: names.size, offsets: offsets.take(), items: items.take() }
}
