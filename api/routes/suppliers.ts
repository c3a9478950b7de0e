import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isId } from '../../domain/ids.ts'
import { Problem } from '../../domain/problems.ts'
import { newId } from '../../store/ids.ts'
import { createSupplier, listSources, listSuppliers, setSources } from '../../store/suppliers/index.ts'
import type { AppDeps } from '../app.ts'
import { type ApiEnv, bearer, staffOnly } from '../authentication.ts'
import { bodyProblems, problemResponses } from '../problem-responses.ts'
import { cursorParameter, limitParameter, listOf, pageOf, readIdCursor } from '../schemas.ts'
import {
  newSourcesSchema,
  newSupplierSchema,
  sourceAnswer,
  sourceSchema,
  sourcesOf,
  supplierAnswer,
  supplierSchema,
} from '../supplier-schemas.ts'

const create = createRoute({
  method: 'post',
  path: '/v1/suppliers',
  operationId: 'createSupplier',
  tags: ['suppliers'],
  summary: 'Add a supplier',
  description: 'Sent again, it is refused: two suppliers never have one name.',
  security: bearer,
  middleware: staffOnly,
  request: { body: { required: true, content: { 'application/json': { schema: newSupplierSchema } } } },
  responses: {
    201: { description: 'The supplier', content: { 'application/json': { schema: supplierSchema } } },
    ...problemResponses('unauthenticated', 'forbidden', 'supplier_name_taken', ...bodyProblems),
  },
})

const list = createRoute({
  method: 'get',
  path: '/v1/suppliers',
  operationId: 'listSuppliers',
  tags: ['suppliers'],
  summary: 'Suppliers, oldest first',
  security: bearer,
  middleware: staffOnly,
  request: { query: z.strictObject({ limit: limitParameter, cursor: cursorParameter }) },
  responses: {
    200: { description: 'A page of suppliers', content: { 'application/json': { schema: listOf(supplierSchema) } } },
    ...problemResponses('malformed_request', 'unauthenticated', 'forbidden', 'invalid_request'),
  },
})

const setOfProduct = createRoute({
  method: 'put',
  path: '/v1/products/{id}/suppliers',
  operationId: 'setProductSuppliers',
  tags: ['suppliers'],
  summary: 'Set from whom a product can be had, the preferred supplier first',
  description: 'What suppliers have been asked for already stays as it is.',
  security: bearer,
  middleware: staffOnly,
  request: {
    params: z.object({ id: z.string() }),
    body: { required: true, content: { 'application/json': { schema: newSourcesSchema } } },
  },
  responses: {
    200: {
      description: 'The suppliers of the product',
      content: { 'application/json': { schema: z.object({ suppliers: z.array(sourceSchema) }) } },
    },
    ...problemResponses('unauthenticated', 'forbidden', 'product_not_found', ...bodyProblems),
  },
})

export function supplierRoutes({ database }: Pick<AppDeps, 'database'>) {
  const routes = new OpenAPIHono<ApiEnv>()

  routes.openapi(create, async (c) => {
    const supplier = await createSupplier(database, { id: newId('sup'), ...c.req.valid('json') })
    return c.json(supplierAnswer(supplier), 201)
  })

  routes.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query')
    const after = readIdCursor(cursor, 'sup')
    const suppliers = await listSuppliers(database, { after, limit: limit + 1 })
    return c.json(pageOf(suppliers, limit, { answer: supplierAnswer, placeOf: ({ id }) => id }), 200)
  })

  routes.openapi(setOfProduct, async (c) => {
    const { id } = c.req.valid('param')
    if (!isId('prd', id)) throw new Problem('product_not_found')
    const set = await setSources(database, id, sourcesOf(c.req.valid('json')))
    if (set.outcome === 'no_product') throw new Problem('product_not_found')
    if (set.outcome === 'no_supplier')
      throw new Problem('invalid_request', {
        errors: [{ path: `suppliers.${set.at}.supplier_id`, message: 'There is no such supplier' }],
      })
    return c.json({ suppliers: (await listSources(database, id)).map(sourceAnswer) }, 200)
  })
  return routes
}
