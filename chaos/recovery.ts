import { percentile } from '../shopper/http.ts'

export type SecondOfTraffic = { decided: number; failures: number }

const WINDOW_SECONDS = 3
const NORMAL_OF_100 = 80

/** What a second is like while nothing is wrong: the median of those before a fault. */
export const normalPerSecond = (before: readonly SecondOfTraffic[]): number =>
  percentile(
    before.filter(({ failures }) => failures === 0).map(({ decided }) => decided),
    50,
  )

/**
 * How many seconds it took until the first of three in a row without a failure that bring what is normal, most of it;
 * undefined while there is no such three.
 */
export function secondsUntilNormal(since: readonly SecondOfTraffic[], normal: number): number | undefined {
  for (let first = 0; first + WINDOW_SECONDS <= since.length; first++) {
    const window = since.slice(first, first + WINDOW_SECONDS)
    const decided = window.reduce((sum, second) => sum + second.decided, 0)
    const isClean = window.every(({ failures }) => failures === 0)
    if (isClean && decided * 100 >= normal * WINDOW_SECONDS * NORMAL_OF_100) return first
  }
  return undefined
}
