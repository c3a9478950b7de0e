import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { type Env, silence } from '../payment-gateway/answering.ts'
import { GatewayProblem } from '../payment-gateway/problem.ts'
import { readBody, readKey, readQuery } from '../payment-gateway/requests.ts'
import type { Orders } from './orders.ts'
import { type Settings, settingsPatch } from './settings.ts'

const supplier = z.strictObject({ id: z.string().min(1).max(255), name: z.string().min(1).max(255) })
const newOrder = z.strictObject({
  supplier,
  sku: z.string().min(1).max(255),
  quantity: z.int().min(1),
  unit_cost: z.strictObject({ amount: z.int().min(0), currency: z.string().regex(/^[A-Z]{3}$/) }),
})
const reminder = z.strictObject({ supplier, about: z.enum(['answer', 'delivery']) })
const withdrawal = z.strictObject({ supplier })
const listQuery = z.strictObject({ supplier: z.string().min(1).optional() })

export function createApp({ orders, settings }: { orders: Orders; settings: Settings }): Hono<Env> {
  const app = new Hono<Env>()
  const tooLarge = { code: 'body_too_large', message: 'The body is larger than 64 KB.' }
  app.use(bodyLimit({ maxSize: 65_536, onError: (c) => c.json({ error: tooLarge }, 413) }))

  app.get('/health', (c) => c.json({ status: 'ok' }))

  app.post('/v1/orders', async (c) => {
    const [key, request] = [readKey(c), await readBody(c, newOrder)]
    if (settings.of(request.supplier).is_away) return silence(c)
    const order = orders.place(key, request)
    return settings.losesAnswer(request.supplier) ? silence(c) : c.json(order)
  })

  app.post('/v1/orders/:key/reminders', async (c) => {
    const [reminderKey, { supplier, about }] = [readKey(c), await readBody(c, reminder)]
    if (settings.of(supplier).is_away) return silence(c)
    const order = orders.remind(c.req.param('key'), reminderKey, about)
    return settings.losesAnswer(supplier) ? silence(c) : c.json(order)
  })

  app.post('/v1/orders/:key/withdrawal', async (c) => {
    const { supplier } = await readBody(c, withdrawal)
    if (settings.of(supplier).is_away) return silence(c)
    const order = orders.withdraw(c.req.param('key'), supplier)
    return settings.losesAnswer(supplier) ? silence(c) : c.json(order)
  })

  // What the owners of these pretend companies see and turn; no setting disturbs it.
  app.get('/v1/orders', (c) => c.json({ data: orders.list(readQuery(c, listQuery).supplier) }))
  app.get('/v1/settings', (c) => c.json(settings.all()))
  app.patch('/v1/settings', async (c) => {
    settings.apply(await readBody(c, settingsPatch))
    return c.json(settings.all())
  })

  app.notFound((c) =>
    c.json({ error: { code: 'route_not_found', message: `No ${c.req.method} ${c.req.path} here.` } }, 404),
  )
  app.onError((error, c) => {
    if (error instanceof GatewayProblem)
      return c.json({ error: { code: error.code, message: error.message } }, error.status)
    console.error(error)
    return c.json({ error: { code: 'supplier_error', message: 'Something went wrong.' } }, 500)
  })
  return app
}
