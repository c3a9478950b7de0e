import { createHash } from 'node:crypto'
import { readFileSync, watchFile } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSynonyms, type Synonyms } from '../../domain/synonyms.ts'

export type SynonymsFile = {
  of: Synonyms
  /** Another one for each text of the file: what was found with one is not what would be found with the other. */
  edition: () => string
}

const ours = fileURLToPath(new URL('synonyms.txt', import.meta.url))
const LOOK_EVERY_MS = 5_000

/** The synonyms of a file. They are part of questions and not of the index, so a change of the file counts from then on. */
export function readSynonyms(file = ours): SynonymsFile {
  let { synonyms, edition } = readEdition(file)
  watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, () => {
    try {
      ;({ synonyms, edition } = readEdition(file))
    } catch {
      // A file that is just being written, or is gone, leaves what was read before.
    }
  })
  return { of: (text) => synonyms(text), edition: () => edition }
}

function readEdition(file: string): { synonyms: Synonyms; edition: string } {
  const text = readFileSync(file, 'utf8')
  return { synonyms: parseSynonyms(text), edition: createHash('sha256').update(text).digest('base64url').slice(0, 8) }
}
