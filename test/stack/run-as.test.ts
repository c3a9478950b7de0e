import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { onPath, run } from '../../stack/command.ts'
import { serverFolder, serverUser, stateElsewhere } from '../../stack/run-as.ts'

const isRoot = process.getuid?.() === 0

test.runIf(isRoot && onPath('mount'))(
  'a disk that a killed run left mounted does not keep the next stack from starting',
  async () => {
    const gone = join(tmpdir(), `holdfast-gone-${process.pid}`)
    const forgotten = stateElsewhere(gone)
    const disk = join(forgotten, 'postgres')
    mkdirSync(disk, { recursive: true })
    writeFileSync(join(forgotten, 'belongs-to'), gone)
    await run('mount', ['-t', 'tmpfs', 'holdfast-test', disk])
    // A private folder, as mkdtemp makes it: the server's user needs its own elsewhere.
    const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-run-as-'))
    try {
      expect(serverFolder(dataDir, 'postgres', serverUser())).toBe(join(stateElsewhere(dataDir), 'postgres'))
    } finally {
      await run('umount', [disk])
      for (const folder of [forgotten, stateElsewhere(dataDir), dataDir])
        rmSync(folder, { recursive: true, force: true })
    }
  },
)
