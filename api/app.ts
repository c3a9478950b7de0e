import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import type { Logger } from 'pino'
import type { Catalogue } from '../store/catalogue.ts'
import type { Category } from '../domain/category.ts'
import type { ReviewModeration } from '../domain/product-review.ts'
import type { Database } from '../store/database.ts'
import type { Moments } from '../store/moments.ts'
import type { NoteView } from '../store/product-views.ts'
import type { ProductSearch } from '../store/product-search.ts'
import type { ProductViews } from '../store/hot-products.ts'
import { type ApiEnv, identifyCallers, type Tokens } from './authentication.ts'
import { onlyKnownRoutes } from './known-routes.ts'
import { logAccess } from './logging.ts'
import type { Metrics } from './metrics.ts'
import { answerProblems, refuseInvalid } from './problem-answers.ts'
import { limitBodies, readBodies } from './request-bodies.ts'
import { authRoutes } from './routes/auth.ts'
import type { ProductPages } from './product-page.ts'
import { categoryRoutes } from './routes/categories.ts'
import { docsRoutes } from './routes/docs.ts'
import { healthRoutes, type Probes } from './routes/health.ts'
import { inventoryRoutes } from './routes/inventory.ts'
import { meRoutes } from './routes/me.ts'
import { productPageRoutes } from './routes/product-page.ts'
import { productRoutes } from './routes/products.ts'
import { reviewRoutes } from './routes/reviews.ts'
import { recommendationRoutes } from './routes/recommendations.ts'
import { searchRoutes } from './routes/search.ts'
import { stockLedgerRoutes } from './routes/stock-ledger.ts'
import { staticRoutes } from './static-files.ts'
import { supplierRoutes } from './routes/suppliers.ts'

export type AppDeps = {
  database: Database
  logger: Logger
  tokens: Tokens
  search: ProductSearch
  catalogue: Catalogue
  /** The tree of categories with what is in each. */
  categories: () => Promise<Category[]>
  moments: Moments
  pages: ProductPages
  views: ProductViews
  reviewModeration: ReviewModeration
  /** Makes the search index follow a change at once; forgotten nudges are made good by the scheduled sweep. */
  nudgeSearchSync: () => void
  noteView: NoteView
  probes: Probes
  metrics: Metrics
}

/** The whole HTTP surface. Further routes are mounted with `.route('/', …)`: they get the same middleware and answers. */
export function createApp(deps: AppDeps): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid })
  app.onError(answerProblems(deps.logger))

  app.use(requestId({ limitLength: 128 }))
  app.use(logAccess(deps.logger), deps.metrics.observe, headers, onlyKnownRoutes(app))
  app.use(forgetWhatChanged(deps.moments), limitBodies, readBodies, identifyCallers(deps))

  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `access_token` of POST /v1/auth/login',
  })
  app.route('/', authRoutes(deps))
  app.route('/', meRoutes(deps))
  app.route('/', productRoutes(deps))
  app.route('/', categoryRoutes(deps))
  app.route('/', productPageRoutes(deps))
  app.route('/', reviewRoutes(deps))
  app.route('/', staticRoutes())
  app.route('/', inventoryRoutes(deps))
  app.route('/', stockLedgerRoutes(deps))
  app.route('/', supplierRoutes(deps))
  app.route('/', searchRoutes(deps))
  app.route('/', recommendationRoutes(deps))
  app.route('/', healthRoutes(deps))
  app.route('/', docsRoutes())
  app.get('/openapi.json', (c) => c.json(app.getOpenAPI31Document({ openapi: '3.1.0', info: about })))
  return app
}

/** What comes too often to forget everything for it: an order forgets its own products by itself, the others change none. */
const harmless = /^\/v1\/(orders$|auth\/|webhooks\/)/

/** Whoever changes something reads his own change next, whatever was remembered of the time before. */
const forgetWhatChanged =
  (moments: Moments): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    await next()
    const { method, path } = c.req
    if (method !== 'GET' && method !== 'HEAD' && !harmless.test(path)) moments.forget()
  }

const about = {
  title: 'Holdfast',
  version: '0.1.0',
  description:
    'A commerce backend that does not lose orders, money or stock. Money is in minor units, times are UTC, ids are opaque. ' +
    'Every error is `application/problem+json` with a stable `code`.',
}

const apiHeaders = secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } })

// Swagger UI styles its elements inline and draws its icons from data URLs; its scripts are files of ours.
const docsHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    frameAncestors: ["'none'"],
  },
})

const headers: MiddlewareHandler = (c, next) => (c.req.path.startsWith('/docs') ? docsHeaders : apiHeaders)(c, next)
