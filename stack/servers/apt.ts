import { onPath, run } from '../command.ts'
import type { Site } from '../site.ts'
import { logFileIn } from '../state-folder.ts'

/** Installs a Debian package when this machine has apt-get and lets us; false when it cannot be had. */
export async function aptInstall(name: string, site: Site): Promise<boolean> {
  const aptGet = onPath('apt-get', site.environment)
  if (!aptGet || process.getuid?.() !== 0) return false
  const options = {
    env: { ...site.environment, DEBIAN_FRONTEND: 'noninteractive' },
    logFile: logFileIn(site.dataDir, `install-${name}`),
    withinMs: 300_000,
  }
  // Another apt-get may be at work; a fresh machine has no package lists yet.
  const install = ['-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '--no-install-recommends', name]
  try {
    await run(aptGet, install, options)
    return true
  } catch {
    try {
      await run(aptGet, ['-o', 'DPkg::Lock::Timeout=120', 'update'], options)
      await run(aptGet, install, options)
      return true
    } catch {
      return false
    }
  }
}
