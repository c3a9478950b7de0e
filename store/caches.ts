import { BentoCache, bentostore, errors } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisDriver } from 'bentocache/drivers/redis'
import type { Redis } from 'ioredis'

/** What is kept, for how long, and how many of them in the memory of each process. */
const kept = {
  products: { ttl: '3600s', inMemory: 5_000 },
  searches: { ttl: '1800s', inMemory: 2_000 },
  related: { ttl: '600s', inMemory: 5_000 },
} as const

export type CacheName = keyof typeof kept

type Layer = 'memory' | 'redis' | 'none'

export type Caches = {
  /** What is kept under the key, or what `make` comes to; `undefined` is not kept. */
  get<Value>(cache: CacheName, key: string, make: () => Promise<Value | undefined>): Promise<Value | undefined>
  counts: Record<CacheName, Record<Layer, number>>
}

/** A Redis that failed is left alone that long; meanwhile memory alone serves. */
const LEFT_ALONE = '5s'

/**
 * Two levels: the memory of this process, and Redis for all of them, which may vanish. A key says which state of its thing
 * the value belongs to (a product's revision, the index's edition), so a value is never wrong and never invalidated: when
 * its thing changes it is asked for under another key, and the old one is left to expire. Hence neither tags nor a bus.
 * What is only advice, such as related products, may be some minutes old.
 */
export function openCaches(redis?: Redis): Caches {
  const layers = (inMemory: number) => {
    // Kept as text in memory too: bentocache 1.6.1 cannot read its own objects again after a hit in Redis.
    const store = bentostore().useL1Layer(memoryDriver({ maxItems: inMemory }))
    return redis ? store.useL2Layer(redisDriver({ connection: redis })) : store
  }
  const bento = new BentoCache({
    default: 'products',
    prefix: 'holdfast:cache',
    suppressL2Errors: true,
    l2CircuitBreakerDuration: LEFT_ALONE,
    stores: {
      products: layers(kept.products.inMemory),
      searches: layers(kept.searches.inMemory),
      related: layers(kept.related.inMemory),
    },
  })
  const none = () => ({ memory: 0, redis: 0, none: 0 })
  const counts = { products: none(), searches: none(), related: none() }
  bento.on('cache:hit', ({ store, layer }) => void counts[store as CacheName][layer === 'l2' ? 'redis' : 'memory']++)
  bento.on('cache:miss', ({ store }) => void counts[store as CacheName].none++)
  return {
    counts,
    async get<Value>(cache: CacheName, key: string, make: () => Promise<Value | undefined>) {
      // Whoever had it made need not wait until it is in Redis too.
      const made = Promise.withResolvers<Value>()
      const factory = async ({ skip }: { skip: () => undefined }) => {
        const value = await make()
        if (value === undefined) return skip()
        made.resolve(value)
        return value
      }
      const found = bento.use(cache).getOrSet({ key: `${cache}:${key}`, ttl: kept[cache].ttl, factory })
      try {
        return await Promise.race([made.promise, found])
      } catch (error) {
        throw error instanceof errors.E_FACTORY_ERROR ? error.cause : error // why it could not be made is for the caller
      }
    },
  }
}
