import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { categoryTree } from '../../domain/category.ts'
import { demoCatalogue } from '../../domain/demo-catalogue.ts'
import { isAmountMinor, isCurrency } from '../../domain/money.ts'
import { openShopApi } from '../support/shop-api.ts'

const catalogue = demoCatalogue()

test('the demo shop has forty products in each of ten departments, five of each kind', () => {
  const tree = categoryTree(catalogue.map(({ category }) => ({ path: category, products: 1 })))
  expect(tree.map(({ products }) => products)).toEqual(Array(10).fill(40))
  expect(tree.map(({ children }) => children.map(({ products }) => products))).toEqual(Array(10).fill(Array(8).fill(5)))
})

test('it is the same shop each time, on every machine', () => {
  expect(demoCatalogue()).toEqual(catalogue)
  const skus = createHash('sha256')
    .update(catalogue.map(({ sku }) => sku).join('\n'))
    .digest('hex')
  expect(skus).toBe('8aedc6f83c44a65b6582b8236aa5fd38f307d919d0c0ddf6d848ac15d43a4dee')
})

test('no two products share a SKU or a name', () => {
  expect(new Set(catalogue.map(({ sku }) => sku)).size).toBe(catalogue.length)
  expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length)
})

test('prices are exact and lie between 4.99 and 999', () => {
  for (const { priceMinor, currency } of catalogue) {
    expect(isAmountMinor(priceMinor) && isCurrency(currency)).toBe(true)
    expect(priceMinor).toBeGreaterThanOrEqual(4_99)
    expect(priceMinor).toBeLessThanOrEqual(999_00)
  }
})

test('most products can be bought, and a handful is sold out', () => {
  const soldOut = catalogue.filter(({ onHand }) => onHand === 0).length
  expect(soldOut).toBeGreaterThanOrEqual(5)
  expect(soldOut).toBeLessThanOrEqual(20)
  expect(catalogue.every(({ onHand }) => Number.isInteger(onHand) && onHand >= 0 && onHand <= 250)).toBe(true)
})

test('a manager could have entered every one of them', async () => {
  const shop = await openShopApi()
  try {
    const answers = await Promise.all(
      catalogue.map(({ priceMinor, currency, onHand, ...product }) => {
        const body = { ...product, price: { amount: priceMinor, currency }, inventory: { on_hand: onHand } }
        return shop.ask('POST', '/v1/products', { body, token: shop.manager.token })
      }),
    )
    expect(answers.filter(({ status }) => status !== 201)).toEqual([])
  } finally {
    await shop.close()
  }
})
