import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { aptInstall } from '../../stack/servers/apt.ts'

/** What `find` finds, after installing the package where that is needed and allowed. */
export async function debianPackage(
  name: string,
  folder: string,
  find: () => string | undefined,
): Promise<string | undefined> {
  const found = find()
  if (found) return found
  mkdirSync(join(folder, 'logs'), { recursive: true })
  return (await aptInstall(name, { dataDir: folder })) ? find() : undefined
}
