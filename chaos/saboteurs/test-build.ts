import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execaSync } from 'execa'
import { projectFolder } from '../../stack/servers/gateway.ts'
import type { Saboteur } from './saboteur.ts'

/** The product's sources in a folder of their own, where they may be spoilt. */
export type TestBuild = {
  folder: string
  /** Lets a saboteur in; answers how to get it out again. */
  spoil(saboteur: Pick<Saboteur, 'edits'>): () => void
  remove(): void
}

const notNeeded = /^(test|docs)\//

export function makeTestBuild(): TestBuild {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-saboteurs-'))
  for (const file of sources()) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(projectFolder, file), join(folder, file))
  }
  linkDependencies(folder)
  return {
    folder,
    spoil({ edits }) {
      const files = [...new Set(edits.map(({ file }) => file))]
      const before = files.map((file) => [join(folder, file), readFileSync(join(folder, file), 'utf8')] as const)
      for (const file of files) {
        const spoilt = edits
          .filter((edit) => edit.file === file)
          .reduce(spoilOnce, readFileSync(join(folder, file), 'utf8'))
        writeFileSync(join(folder, file), spoilt)
      }
      return () => {
        for (const [file, text] of before) writeFileSync(file, text)
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export function spoilOnce(source: string, { file, find, replace }: Saboteur['edits'][number]): string {
  const [before, after, ...more] = source.split(find)
  if (after === undefined || more.length > 0)
    throw new Error(`${file} has ${more.length + (after === undefined ? 0 : 1)} places, not one, with: ${find}`)
  return before + replace + after
}

/** What is tracked and what is new, as it stands on the disk. */
function sources(): string[] {
  const { stdout } = execaSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: projectFolder,
  })
  return stdout
    .split('\0')
    .filter((file) => file !== '' && !notNeeded.test(file) && existsSync(join(projectFolder, file)))
}

/** Each by itself: what the product caches beside its dependencies must not end up beside the real ones. */
function linkDependencies(folder: string): void {
  const [from, to] = [join(projectFolder, 'node_modules'), join(folder, 'node_modules')]
  mkdirSync(to)
  for (const name of readdirSync(from)) if (name !== '.cache') symlinkSync(join(from, name), join(to, name))
}
