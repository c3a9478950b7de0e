import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { screenOf } from '../stack/progress.ts'
import { startOpenSearch } from '../stack/servers/opensearch.ts'
import { startRedis } from '../stack/servers/redis.ts'
import { startTemporal } from '../stack/servers/temporal.ts'
import { workflowBundle } from '../stack/servers/workflow-bundle.ts'
import { openSite } from '../stack/site.ts'

/** Has every server once, so that its installation is not part of any test's time. */
export async function provisionServers(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-provision-'))
  const environment = { ...process.env, TEMPORAL_ADDRESS: undefined, REDIS_URL: undefined, OPENSEARCH_URL: undefined }
  const site = await openSite({ dataDir, environment, ...screenOf(process.stdout) })
  try {
    await Promise.all([startTemporal(site), startRedis(site), startOpenSearch(site), workflowBundle(site)])
  } finally {
    await site.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}
