import type { Histories } from '../../domain/recommendation/cases.ts'
import { collecting } from '../../domain/recommendation/collecting.ts'
import { type BadLine, linesOf } from './reading.ts'

const columns = ['user_id', 'item_id', 'timestamp', 'quantity']

/**
 * Lines of `user_id,item_id,timestamp,quantity`, with or without a header, in any order. What a user took at one
 * timestamp is one basket.
 */
export async function readInteractions(file: string, onBad: (bad: BadLine) => void): Promise<Histories> {
  const collected = collecting()
  let order = [0, 1, 2, 3]
  let isFirst = true
  for await (const { words, line } of linesOf(file)) {
    const isHeader: boolean = isFirst && columns.slice(0, 3).every((column) => words.includes(column))
    isFirst = false
    if (isHeader) {
      order = columns.map((column) => words.indexOf(column))
      continue
    }
    const [user, item, time, quantity] = order.map((place) => words[place] ?? '') as [string, string, string, string]
    const moment = momentOf(time)
    const why =
      (user === '' && 'no user_id') ||
      (item === '' && 'no item_id') ||
      (Number.isNaN(moment) && `timestamp "${time}" is neither a number nor a date`) ||
      (quantity !== '' && !(Number(quantity) > 0) && `quantity "${quantity}" is not more than 0`)
    if (why) {
      onBad({ line, why })
      continue
    }
    collected.add(user, item, moment)
  }
  return collected.histories()
}

const momentOf = (text: string): number =>
  text === '' ? Number.NaN : Number.isNaN(Number(text)) ? Date.parse(text) : Number(text)
