/** The levels of a category stand in one text, `kitchen/knives`: the whole of the tree is in the products themselves. */
const SEPARATOR = '/'
export const MOST_LEVELS = 5

export type CategoryCount = { path: string; products: number }

/** A category with what is below it; `products` counts what is in it and below. */
export type Category = { path: string; name: string; products: number; children: Category[] }

const levelsOf = (path: string): string[] => path.split(SEPARATOR).map((level) => level.trim())

/** The same category however its levels are spaced: `Kitchen / Knives` is `Kitchen/Knives`. */
export const tidyCategory = (path: string): string => levelsOf(path).join(SEPARATOR)

/** What is wrong with a path, in words for whoever wrote it; nothing if it names a category. */
export function wrongInCategory(path: string): string | undefined {
  const levels = levelsOf(path)
  if (levels.includes('')) return 'Has an empty level: each / must stand between two names, as in kitchen/knives'
  if (levels.length > MOST_LEVELS) return `Has ${levels.length} levels; at most ${MOST_LEVELS} are kept`
  return undefined
}

/** A category after all that it is in: `kitchen`, `kitchen/knives`. */
export function branchesOf(path: string): string[] {
  const levels = path.split(SEPARATOR)
  return levels.map((_, level) => levels.slice(0, level + 1).join(SEPARATOR))
}

export const isWithin = (path: string, category: string): boolean =>
  path === category || path.startsWith(category + SEPARATOR)

/** How many products each category has of its own, as a tree: siblings by name, each counting what is below it. */
export function categoryTree(counts: readonly CategoryCount[]): Category[] {
  const roots: Category[] = []
  const known = new Map<string, Category>()
  for (const { path, products } of [...counts].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    let siblings = roots
    for (const branch of branchesOf(path)) {
      let category = known.get(branch)
      if (!category) {
        category = { path: branch, name: branch.slice(branch.lastIndexOf(SEPARATOR) + 1), products: 0, children: [] }
        known.set(branch, category)
        siblings.push(category)
      }
      category.products += products
      siblings = category.children
    }
  }
  return roots
}
