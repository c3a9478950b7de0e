import { onPath, run } from '../command.ts'
import { logFileIn } from '../state-folder.ts'

/** Installs a Debian package when this machine has apt-get and lets us; false when it cannot be had. */
export async function aptInstall(
  name: string,
  { dataDir, environment = process.env }: { dataDir: string; environment?: NodeJS.ProcessEnv },
): Promise<boolean> {
  const aptGet = onPath('apt-get', environment)
  if (!aptGet || process.getuid?.() !== 0) return false
  const options = {
    env: { ...environment, DEBIAN_FRONTEND: 'noninteractive' },
    logFile: logFileIn(dataDir, `install-${name}`),
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
