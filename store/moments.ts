import { LRUCache } from 'lru-cache'

export type Moment<Found> = (key: string) => Promise<Found | undefined>

type MomentOptions<Found> = {
  /** For the metrics. */
  name: string
  forMs: number
  most: number
  /** Whether the keys are ids of products: then a change of one product leaves what is remembered of the others. */
  isByProduct: boolean
  /** What is worth remembering; without it, all that was found. */
  isKept?: (found: Found) => boolean
}

export type Moments = ReturnType<typeof createMoments>

/**
 * What was read a moment ago, in this process only. Nobody announces that it changed and nothing depends on hearing so: an
 * answer is given for `forMs` from when its reading began and then read anew. Who changes something through this process
 * calls `forget` and reads his own change at once, also where a reading of the state before was under way.
 */
export function createMoments() {
  const forgetters: ((productIds?: readonly string[]) => void)[] = []
  const counts: Record<string, { moment: number; none: number }> = {}
  return {
    counts,

    of<Found extends object>(read: Moment<Found>, options: MomentOptions<Found>): Moment<Found> {
      const { name, forMs, most, isByProduct, isKept = () => true } = options
      const known = new LRUCache<string, { found: Found; readAt: number }>({ max: most })
      const count = (counts[name] = { moment: 0, none: 0 })
      let forgets = 0
      forgetters.push((productIds) => {
        forgets++
        if (productIds && isByProduct) for (const id of productIds) known.delete(id)
        else known.clear()
      })
      return async (key) => {
        const readAt = Date.now()
        const remembered = known.get(key)
        // A clock that was put back makes everything look new: then nothing is remembered.
        if (remembered && remembered.readAt <= readAt && readAt - remembered.readAt < forMs) {
          count.moment++
          return remembered.found
        }
        count.none++
        const before = forgets
        const found = await read(key)
        if (found && before === forgets && isKept(found)) known.set(key, { found, readAt })
        return found
      }
    },

    /** These products changed, or no matter what did. */
    forget(productIds?: readonly string[]): void {
      for (const forget of forgetters) forget(productIds)
    },
  }
}
