import type { DatabaseSync } from 'node:sqlite'
import { transaction } from './database.ts'
import { GatewayProblem } from './problem.ts'

/**
 * One key, one deed. A repeat of the same request is pointed at what the first one made; another request under the key is
 * refused. A request that was refused leaves its key free: asking again is judged afresh.
 */
export function createIdempotencyKeys(db: DatabaseSync) {
  const select = db.prepare('select fingerprint, resource_id from idempotency_keys where key = ?')
  const insert = db.prepare('insert into idempotency_keys (key, fingerprint, resource_id) values (?, ?, ?)')
  const find = (key: string) =>
    select.get(key) as
      | { fingerprint: string; resource_id: string }
      | { fingerprint: null; resource_id: null }
      | undefined

  return {
    isNew: (key: string): boolean => find(key) === undefined,

    once(key: string, request: object, act: () => string): { resourceId: string; repeated: boolean } {
      const fingerprint = JSON.stringify(request)
      return transaction(db, () => {
        const used = find(key)
        if (used === undefined) {
          const resourceId = act()
          insert.run(key, fingerprint, resourceId)
          return { resourceId, repeated: false }
        }
        if (used.fingerprint === null) {
          throw new GatewayProblem(409, 'idempotency_key_closed', 'This idempotency key was closed before it was used.')
        }
        if (used.fingerprint !== fingerprint) {
          throw new GatewayProblem(409, 'idempotency_key_reused', 'This idempotency key belongs to another request.')
        }
        return { resourceId: used.resource_id, repeated: true }
      })
    },

    /** Makes sure that nothing will ever happen under the key, and says whether nothing has. */
    close(key: string): boolean {
      return transaction(db, () => {
        const used = find(key)
        if (used === undefined) insert.run(key, null, null)
        return used === undefined || used.fingerprint === null
      })
    },
  }
}
