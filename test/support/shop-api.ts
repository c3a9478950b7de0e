import type { Hono } from 'hono'
import { pino } from 'pino'
import { type AppDeps, createApp } from '../../api/app.ts'
import { createTokens } from '../../api/authentication.ts'
import { createMetrics } from '../../api/metrics.ts'
import { createProductPages } from '../../api/product-page.ts'
import type { Role } from '../../domain/roles.ts'
import { newId } from '../../store/ids.ts'
import { openCaches } from '../../store/caches.ts'
import { createCatalogue } from '../../store/catalogue.ts'
import { createCategoryTree } from '../../store/categories.ts'
import { createMoments } from '../../store/moments.ts'
import { createProductSearch } from '../../store/product-search.ts'
import { countViews } from '../../store/hot-products.ts'
import { type FindRelated, findRelatedProducts } from '../../store/related-products.ts'
import { createProducts, type NewProduct } from '../../store/products.ts'
import { createUser } from '../../store/users.ts'
import { openTestDatabase } from './test-database.ts'

export type Answer = { status: number; headers: Headers; body: any; text: string }

export type Ask = {
  body?: unknown
  /** Sent as it is. */
  rawBody?: string | Uint8Array<ArrayBuffer> | ReadableStream
  token?: string | undefined
  key?: string | undefined
  headers?: Record<string, string>
}

export type ShopApi = Awaited<ReturnType<typeof openShopApi>>

/** The HTTP surface on a database of its own, with somebody of every role signed in. */
export async function openShopApi(overrides: Partial<AppDeps> = {}) {
  const { database, close } = await openTestDatabase()
  const tokens = createTokens('a secret of at least thirty-two characters')
  const nudges = { count: 0 }
  const logger = pino({ level: 'silent' })
  const moments = createMoments()
  const caches = openCaches()
  const catalogue = createCatalogue({ database, moments, caches })
  const findRelated: FindRelated = (productId, limit) => findRelatedProducts(database, productId, limit)
  const deps: AppDeps = {
    database,
    tokens,
    logger,
    search: createProductSearch({ database }),
    catalogue,
    categories: createCategoryTree({ database, moments }),
    moments,
    pages: createProductPages({ database, catalogue, caches, moments, findRelated, logger }),
    views: countViews(),
    reviewModeration: 'doubtful',
    nudgeSearchSync: () => void nudges.count++,
    noteView: () => {},
    probes: { postgres: () => database.query('select 1'), temporal: async () => undefined },
    metrics: createMetrics({
      countOrdersNeedingAttention: async () => 0,
      countOpenFindings: async () => 0,
      countDeadDeliveries: async () => 0,
    }),
    ...overrides,
  }
  const app = createApp(deps)

  const signUp = async (role: Role) => {
    const name = newId('usr').slice(-12)
    const user = await createUser(database, {
      id: newId('usr'),
      username: `${role}-${name}`,
      email: `${role}-${name}@example.com`,
      passwordHash: 'nobody signs in with it',
      role,
    })
    return { ...user, token: await tokens.issue({ id: user.id, tokenVersion: 0 }) }
  }
  const [customer, manager, admin] = await Promise.all([signUp('user'), signUp('manager'), signUp('admin')])

  return {
    app,
    database,
    tokens,
    nudges,
    customer,
    manager,
    admin,
    signUp,
    close,
    ask: (method: string, path: string, what: Ask = {}) => ask(app, method, path, what),
    product: (given: Partial<NewProduct> = {}) => addProduct(database, given),
  }
}

export async function ask(app: Pick<Hono, 'request'>, method: string, path: string, what: Ask = {}): Promise<Answer> {
  const body = what.rawBody ?? (what.body === undefined ? undefined : JSON.stringify(what.body))
  const response = await app.request(path, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(what.token !== undefined && { authorization: `Bearer ${what.token}` }),
      ...(what.key !== undefined && { 'idempotency-key': what.key }),
      ...what.headers,
    },
    ...(body !== undefined && { body }),
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  } as RequestInit)
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? JSON.parse(text) : undefined,
    text,
  }
}

let products = 0

export async function addProduct(database: AppDeps['database'], given: Partial<NewProduct> = {}): Promise<string> {
  const id = newId('prd')
  products++
  await createProducts(database, [
    {
      id,
      sku: `SKU-${products}`,
      name: `Thing ${products}`,
      description: 'A thing',
      priceMinor: 1_999,
      currency: 'USD',
      category: 'Things',
      attributes: {},
      onHand: 10,
      ...given,
    },
  ])
  return id
}
