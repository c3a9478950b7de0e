import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problems.ts'
import { isStaff } from '../../domain/roles.ts'
import { newId } from '../../store/ids.ts'
import { listProducts, productSorts } from '../../store/product-lists.ts'
import { createProducts, deleteProduct, findProducts, type Product, updateProduct } from '../../store/products.ts'
import type { AppDeps } from '../app.ts'
import { type ApiEnv, anyone, bearer, type Caller, signedIn, staffOnly } from '../authentication.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import {
  categoryFilter,
  newProductSchema,
  productAnswer,
  productChangesSchema,
  productSchema,
  statusSchema,
} from '../product-schemas.ts'
import { cursorParameter, limitParameter, listOf, readCursor, writeCursor } from '../schemas.ts'

const idParameter = z.object({ id: z.string().openapi({ example: 'prd_0193f1a2-7c3e-7d43-8a52-4f3a5b6c7d8e' }) })
const productContent = { 'application/json': { schema: productSchema } }

const list = createRoute({
  method: 'get',
  path: '/v1/products',
  operationId: 'listProducts',
  tags: ['catalogue'],
  summary: 'Look through the catalogue',
  security: [{}, ...bearer],
  middleware: anyone,
  request: {
    query: z.strictObject({
      category: categoryFilter,
      status: statusSchema.default('active').openapi({ description: 'Only staff see others than active ones' }),
      sort: z.enum(productSorts).default('newest'),
      limit: limitParameter,
      cursor: cursorParameter,
    }),
  },
  responses: {
    200: { description: 'A page of it', content: { 'application/json': { schema: listOf(productSchema) } } },
    ...problemResponses('malformed_request', 'unauthenticated', 'forbidden', 'invalid_request'),
  },
})

const show = createRoute({
  method: 'get',
  path: '/v1/products/{id}',
  operationId: 'getProduct',
  tags: ['catalogue'],
  summary: 'One product',
  security: [{}, ...bearer],
  middleware: anyone,
  request: { params: idParameter },
  responses: {
    200: { description: 'The product', content: productContent },
    ...problemResponses('unauthenticated', 'product_not_found'),
  },
})

const view = createRoute({
  method: 'post',
  path: '/v1/products/{id}/views',
  operationId: 'noteProductView',
  tags: ['catalogue'],
  summary: 'Note that the caller looked at a product',
  description:
    'For pages that show a product without reading it here; reading it notes it too. Recommendations use it.',
  security: bearer,
  middleware: signedIn,
  request: { params: idParameter },
  responses: {
    204: { description: 'Noted, unless the server of views is away' },
    ...problemResponses('unauthenticated', 'product_not_found'),
  },
})

const create = createRoute({
  method: 'post',
  path: '/v1/products',
  operationId: 'createProduct',
  tags: ['catalogue'],
  summary: 'Put a product into the catalogue',
  security: bearer,
  middleware: staffOnly,
  request: { body: { required: true, content: { 'application/json': { schema: newProductSchema } } } },
  responses: {
    201: { description: 'The new product', content: productContent },
    ...problemResponses('unauthenticated', 'forbidden', 'sku_taken', ...bodyProblems),
  },
})

const change = createRoute({
  method: 'patch',
  path: '/v1/products/{id}',
  operationId: 'updateProduct',
  tags: ['catalogue'],
  summary: 'Change a product',
  description: 'What is not sent stays. `attributes` are replaced as a whole.',
  security: bearer,
  middleware: staffOnly,
  request: {
    params: idParameter,
    body: { required: true, content: { 'application/json': { schema: productChangesSchema } } },
  },
  responses: {
    200: { description: 'The changed product', content: productContent },
    ...problemResponses('unauthenticated', 'forbidden', 'product_not_found', 'sku_taken', ...bodyProblems),
  },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/products/{id}',
  operationId: 'deleteProduct',
  tags: ['catalogue'],
  summary: 'Take a product out of the catalogue',
  description: 'For ever; its SKU may be used again. Orders that speak of it keep it.',
  security: bearer,
  middleware: staffOnly,
  request: { params: idParameter },
  responses: {
    204: { description: 'It is gone' },
    ...problemResponses('unauthenticated', 'forbidden', 'product_not_found'),
  },
})

const mayBuyOrManage = (product: Product, caller: Caller | undefined): boolean =>
  product.status === 'active' || (caller !== undefined && isStaff(caller.role))

type ProductDeps = Pick<AppDeps, 'database' | 'catalogue' | 'views' | 'noteView' | 'nudgeSearchSync'>

export function productRoutes({ database, catalogue, views, noteView, nudgeSearchSync }: ProductDeps) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(list, async (c) => {
    const { sort, status, category, limit, cursor } = c.req.valid('query')
    if (status !== 'active' && !(c.var.caller && isStaff(c.var.caller.role))) throw new Problem('forbidden')
    const after = readCursor(cursor, () => {
      const key = sort === 'price' || sort === '-price' ? z.int() : z.string().max(300)
      return z.strictObject({ sort: z.literal(sort), key, id: z.string().max(64) })
    })
    const { products, next } = await listProducts(database, { sort, status, category, limit, after })
    return c.json({ data: products.map(productAnswer), next_cursor: next ? writeCursor({ sort, ...next }) : null }, 200)
  })

  routes.openapi(show, async (c) => {
    const product = await findById(c.req.valid('param').id)
    if (!product || !mayBuyOrManage(product, c.var.caller)) throw new Problem('product_not_found')
    views.saw(product.id)
    noteViewOf(product.id, c.var.caller)
    return c.json(productAnswer(product), 200)
  })

  routes.openapi(view, async (c) => {
    const product = await findById(c.req.valid('param').id)
    if (product?.status !== 'active') throw new Problem('product_not_found')
    noteViewOf(product.id, c.var.caller)
    return c.body(null, 204)
  })

  routes.openapi(create, async (c) => {
    const { price, inventory, ...product } = c.req.valid('json')
    const id = newId('prd')
    await createProducts(database, [
      {
        ...product,
        id,
        priceMinor: price.amount,
        currency: price.currency,
        ...inventory,
      },
    ])
    nudgeSearchSync()
    const [created] = await findProducts(database, [id])
    if (!created) throw new Problem('product_not_found')
    return c.json(productAnswer(created), 201)
  })

  routes.openapi(change, async (c) => {
    const { id } = c.req.valid('param')
    const { price, ...changes } = c.req.valid('json')
    const changed = isId('prd', id)
      ? await updateProduct(database, id, { ...changes, priceMinor: price?.amount, currency: price?.currency })
      : undefined
    if (!changed) throw new Problem('product_not_found')
    nudgeSearchSync()
    return c.json(productAnswer(changed), 200)
  })

  routes.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    if (!isId('prd', id) || !(await deleteProduct(database, id))) throw new Problem('product_not_found')
    nudgeSearchSync()
    return c.body(null, 204)
  })

  const findById = async (id: string) => (isId('prd', id) ? catalogue.product(id) : undefined)

  /** What staff look at says nothing about customers. */
  function noteViewOf(productId: string, caller: Caller | undefined): void {
    if (caller && !isStaff(caller.role)) noteView({ userId: caller.id, productId, viewedAt: new Date() })
  }

  return routes
}
