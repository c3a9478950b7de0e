import type { Db } from './database.ts'

/** Why the request of that id was refused, if it was. Asked with the lock held under which it is granted. */
export async function findRefusal<Refused extends { outcome: 'refused' }>(
  tx: Db,
  id: string,
): Promise<Refused | undefined> {
  const { rows } = await tx.query<{ refusal: Refused }>({
    name: 'find-refusal',
    text: 'select refusal from refused_requests where id = $1',
    values: [id],
  })
  return rows[0]?.refusal
}

/** Refuses for good, and announces it: an attempt of the same request that still arrives hears the same, whatever has changed since. */
export async function refuseForGood<Refused extends { outcome: 'refused' }>(
  tx: Db,
  id: string,
  refusal: Refused,
): Promise<Refused> {
  await tx.query(
    `insert into refused_requests (id, refusal) values ($1, $2) on conflict do nothing returning pg_notify('outcomes', id)`,
    [id, JSON.stringify(refusal)],
  )
  return refusal
}

/** Asked for anew under the same id, by somebody who knows that it was refused. */
export async function forgetRefusal(tx: Db, id: string): Promise<void> {
  await tx.query('delete from refused_requests where id = $1', [id])
}
