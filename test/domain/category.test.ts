import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  branchesOf,
  type Category,
  categoryTree,
  isWithin,
  tidyCategory,
  wrongInCategory,
} from '../../domain/category.ts'

const level = fc.stringMatching(/^[a-z0-9&-]( ?[a-z0-9&-]){0,4}$/)
const path = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'))

test.each([
  ['kitchen', undefined],
  ['a/b/c/d/e', undefined],
  ['a/b/c/d/e/f', 'Has 6 levels; at most 5 are kept'],
  ...['/', 'kitchen/', '/kitchen', 'kitchen//knives', 'kitchen/ /knives', ''].map((wrong) => [
    wrong,
    expect.stringContaining('empty level'),
  ]),
])('a category is a path of one to five names: %j', (given, wrong) => {
  expect(wrongInCategory(given)).toEqual(wrong)
})

test('a category is the same however its levels are spaced', () => {
  expect(tidyCategory(' Home & Garden /  Knives ')).toBe('Home & Garden/Knives')
  fc.assert(fc.property(path, (path) => tidyCategory(path.replaceAll('/', '  / ')) === path))
})

test('a category is in itself and in each one above it, and in no other', () => {
  fc.assert(
    fc.property(path, path, (path, other) => {
      expect(branchesOf(path).every((branch) => isWithin(path, branch))).toBe(true)
      expect(isWithin(path, other)).toBe(branchesOf(path).includes(other))
    }),
  )
  expect(isWithin('kitchenware/knives', 'kitchen')).toBe(false)
})

test('the tree holds each product once in its own category and once in each one above', () => {
  const counts = fc.uniqueArray(fc.record({ path, products: fc.integer({ min: 1, max: 9 }) }), {
    selector: ({ path }) => path,
  })
  const all = (tree: Category[]): Category[] => tree.flatMap((category) => [category, ...all(category.children)])
  fc.assert(
    fc.property(counts, (counts) => {
      const within = (category: string) =>
        counts.filter(({ path }) => isWithin(path, category)).reduce((sum, { products }) => sum + products, 0)
      const categories = all(categoryTree(counts))
      expect(new Set(categories.map(({ path }) => path))).toEqual(
        new Set(counts.flatMap(({ path }) => branchesOf(path))),
      )
      for (const { path, name, products, children } of categories) {
        expect([path.endsWith(name), products]).toEqual([true, within(path)])
        expect(children.map((child) => `${path}/${child.name}`)).toEqual(children.map((child) => child.path))
      }
    }),
  )
})
