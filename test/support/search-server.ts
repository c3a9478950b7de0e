import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOpenSearch } from '../../stack/servers/opensearch.ts'
import { openSite } from '../../stack/site.ts'

/** A real OpenSearch, got and started as npm start does; `url` is undefined where it cannot be had. */
export async function openSearchServer() {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-search-'))
  const site = await openSite({ dataDir })
  const server = await startOpenSearch(site)
  return {
    url: server?.url,
    halt: () => server?.process?.halt(),
    async close() {
      await site.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
