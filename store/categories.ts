import { type Category, type CategoryCount, categoryTree } from '../domain/category.ts'
import type { Db } from './database.ts'
import type { Moments } from './moments.ts'
import { readTogether } from './read-together.ts'

/** How old the counts may be that are shown: nothing is decided by them, and counting goes through the whole catalogue. */
const COUNTED_FOR_MS = 5_000

/** What is in the category of parameter `given` and below it: one range of products_category_price. */
export const inCategorySql = (given: string): string =>
  `category ~>=~ ${given} and category ~<~ (${given} || '0') and (category = ${given} or category ~>=~ (${given} || '/'))`

/** The categories of what is for sale, counted at most once in a while whoever asks. */
export function createCategoryTree(deps: { database: Db; moments: Moments }): () => Promise<Category[]> {
  const read = readTogether(async (keys: readonly string[]) => {
    const tree = await countCategories(deps.database)
    return keys.map(() => tree)
  })
  const remembered = deps.moments.of(read, { name: 'categories', forMs: COUNTED_FOR_MS, most: 1, isByProduct: false })
  return async () => (await remembered('all')) ?? []
}

async function countCategories(db: Db): Promise<Category[]> {
  const { rows } = await db.query<CategoryCount>({
    name: 'count-categories',
    text: `select category as path, count(*) as products from products where status = 'active' group by category`,
  })
  return categoryTree(rows)
}
