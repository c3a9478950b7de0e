import { rmSync } from 'node:fs'
import { type OpenStack, openStack } from '../../stack/open-stack.ts'
import { openSite, type Site } from '../../stack/site.ts'
import type { Role } from '../../stack/stack-file.ts'
import { dropStateFolder } from '../../stack/state-folder.ts'
import type { Supervised } from '../../stack/supervisor.ts'
import type { SceneOptions } from './scene.ts'

type Started = {
  /** Where the shop finds them, in the names of its settings. */
  environment: NodeJS.ProcessEnv
  /** Which process has the role just now. */
  holderOf: (role: Role) => Supervised | undefined
}

/** Starts servers of the scene's own making, then the shop on them, and gives them out as the shop's own. */
export async function openOnOwnServers(
  options: SceneOptions,
  start: (site: Site) => Promise<Started>,
): Promise<OpenStack> {
  const environment = { ...options.environment, DATABASE_URL: undefined, TEMPORAL_ADDRESS: undefined }
  // Beside the shop's folder: what is found running below that one counts as left over from an earlier start.
  const site = await openSite({ ...options, dataDir: `${options.dataDir}-servers`, environment })
  try {
    const started = await start(site)
    const running = await openStack({ ...options, environment: { ...environment, ...started.environment } })
    return withServers(running, site, started.holderOf)
  } catch (failure) {
    await close(site)
    throw failure
  }
}

function withServers(running: OpenStack, site: Site, holderOf: Started['holderOf']): OpenStack {
  const roles = () => [...new Set(site.processes.flatMap((each) => each.roles))]
  const processes = () =>
    roles().flatMap((role) => {
      const pid = holderOf(role)?.pid()
      return pid === undefined ? [] : [{ role, pid }]
    })
  return {
    get stack() {
      const { stack } = running
      return { ...stack, processes: [...stack.processes, ...processes()] }
    },
    dataDir: running.dataDir,
    kill: (role, signal) => holderOf(role)?.kill(signal) ?? running.kill(role, signal),
    whenUp: (role, withinMs) => holderOf(role)?.whenUp(withinMs) ?? running.whenUp(role, withinMs),
    halt: (role, signal) => holderOf(role)?.halt(signal) ?? running.halt(role, signal),
    resume: async (role) => void (await (holderOf(role)?.resume() ?? running.resume(role))),
    async stop() {
      await running.stop()
      await close(site)
    },
  }
}

async function close(site: Site): Promise<void> {
  await site.close()
  dropStateFolder(site.dataDir)
  rmSync(site.dataDir, { recursive: true, force: true })
}
