import { setTimeout as sleep } from 'node:timers/promises'
import { callTo } from '../../shopper/http.ts'
import type { StackFile } from '../../stack/open-stack.ts'
import type { CheckRecord } from '../record.ts'

const ENDS_WITHIN_MS = 120_000

const check = {
  name: 'comparison_finds_nothing',
  promise: 'The shop, asked to compare its books with the world, comes to the same end and mends nothing.',
}

/** Whoever mends must find nothing to mend: what a fault left undone has come about without it. */
export async function comparisonFindsNothing({ api, admin }: StackFile): Promise<CheckRecord> {
  const call = callTo(api)
  const { body: session } = await call('POST', '/v1/auth/login', { body: admin })
  const token = session.access_token as string
  const { body: started } = await call('POST', '/v1/admin/reconciliation', { token })
  for (const deadline = performance.now() + ENDS_WITHIN_MS; ; await sleep(500)) {
    const { body } = await call('GET', `/v1/admin/reconciliation?run_id=${started.run_id}&limit=100`, { token })
    if (body.run?.status === 'finished') {
      // What an earlier one saw amid the faults, the night's for instance, is over.
      const seen = body.data.filter(({ updated_at }: { updated_at: string }) => updated_at >= body.run.started_at)
      return { ...check, violations: seen.map(violationOf) }
    }
    if (performance.now() > deadline)
      return { ...check, violations: [{ subject: started.run_id, detail: `it did not end: ${JSON.stringify(body)}` }] }
  }
}

const violationOf = ({ check: broken, subject, detail, status }: Record<string, string>) => ({
  subject: subject ?? '',
  detail: `${broken}: ${detail} (${status})`,
})
