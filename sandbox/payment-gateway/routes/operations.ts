import { Hono } from 'hono'
import type { Env } from '../answering.ts'
import { type Faults, scriptedFault } from '../faults.ts'
import type { Ledger } from '../ledger.ts'
import { ledgerQuery, readBody, readQuery } from '../requests.ts'
import { applyPatch, type Settings, settingsPatch } from '../settings.ts'

type Dependencies = { ledger: Ledger; settings: Settings; faults: Faults; wakeNotices: () => void }

/** What the owner of this pretend company sees and turns; none of it is touched by faults or latency. */
export function operationRoutes({ ledger, settings, faults, wakeNotices }: Dependencies): Hono<Env> {
  const routes = new Hono<Env>()

  routes.get('/ledger', (c) => {
    const { order_id, limit, cursor } = readQuery(c, ledgerQuery)
    const { entries, next } = ledger.list({ orderId: order_id, after: cursor, limit })
    return c.json({ data: entries, next_cursor: next === null ? null : String(next) })
  })

  routes.get('/settings', (c) => c.json(settings))
  routes.patch('/settings', async (c) => {
    const patch = await readBody(c, settingsPatch)
    applyPatch(settings, patch)
    if (patch.faults?.seed !== undefined) faults.reseed()
    wakeNotices()
    return c.json(settings)
  })

  routes.get('/faults', (c) => c.json({ data: faults.pending() }))
  routes.post('/faults', async (c) => {
    const fault = await readBody(c, scriptedFault)
    faults.script(fault)
    return c.json(fault, 201)
  })
  routes.delete('/faults', (c) => {
    faults.clear()
    return c.body(null, 204)
  })

  return routes
}
