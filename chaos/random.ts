import { createHash } from 'node:crypto'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

/**
 * A generator of its own for each use, named by words: what one fault or shopper draws never moves what another one
 * draws, however their turns fall.
 */
export function randomOf(seed: number, ...use: (string | number)[]): RandomGenerator {
  const digest = createHash('sha256')
    .update([seed, ...use].join('/'))
    .digest()
  return xoroshiro128plus(digest.readInt32BE(0))
}

/** A whole number between the two, both of them possible. */
export const between = (random: RandomGenerator, least: number, most: number): number => uniformInt(random, least, most)

export const happens = (random: RandomGenerator, of100: number): boolean => between(random, 0, 9_999) < of100 * 100

export function pick<Item>(random: RandomGenerator, items: readonly Item[]): Item {
  if (items.length === 0) throw new Error('there is nothing to pick from')
  return items[between(random, 0, items.length - 1)] as Item
}

/** One of the names, each as often as its weight says. */
export function pickWeighted<Name extends string>(random: RandomGenerator, weights: Record<Name, number>): Name {
  const entries = Object.entries(weights) as [Name, number][]
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
  let left = (between(random, 0, 999_999) / 1_000_000) * total
  for (const [name, weight] of entries) {
    left -= weight
    if (left < 0) return name
  }
  return (entries.at(-1) as [Name, number])[0]
}

export function shuffled<Item>(random: RandomGenerator, items: readonly Item[]): Item[] {
  const result = [...items]
  for (let last = result.length - 1; last > 0; last--) {
    const other = between(random, 0, last)
    ;[result[last], result[other]] = [result[other] as Item, result[last] as Item]
  }
  return result
}
