import type { Logger } from 'pino'
import type { Database } from '../store/database.ts'
import type { ProductPages } from './product-page.ts'
import { listBestsellers, type ProductViews } from '../store/hot-products.ts'

const HOT_PRODUCTS = 200
const AT_ONCE = 8
const EVERY_MS = 5 * 60_000

type WarmUpDeps = {
  database: Database
  pages: ProductPages
  views: ProductViews
  logger: Logger
}

/** Reads what is sold and looked at most before anybody asks for it. */
export async function warmUp({ database, pages, views }: Omit<WarmUpDeps, 'logger'>): Promise<number> {
  const [sold, seen] = await Promise.all([
    listBestsellers(database, HOT_PRODUCTS),
    views.share(HOT_PRODUCTS).catch(() => [] as string[]), // Redis is away: then the sales must do
  ])
  const hot = [...new Set([...sold, ...seen])]
  let found = 0
  for (let from = 0; from < hot.length; from += AT_ONCE) {
    const read = await Promise.all(hot.slice(from, from + AT_ONCE).map((id) => pages.find(id)))
    found += read.filter(Boolean).length
  }
  return found
}

/** At the start and every five minutes, in each process: what it warms is its own memory, and Redis for the others. */
export function keepWarm({ logger, ...deps }: WarmUpDeps): { stop(): void } {
  const warm = () =>
    warmUp(deps).then(
      (products) => logger.debug({ products }, 'warmed up'),
      (error: unknown) => logger.warn({ err: error }, 'could not warm up; first looks are slower'),
    )
  void warm()
  const timer = setInterval(() => void warm(), EVERY_MS)
  return { stop: () => clearInterval(timer) }
}
