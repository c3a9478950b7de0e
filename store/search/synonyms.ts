import { readFileSync, watchFile } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSynonyms, type Synonyms } from '../../domain/synonyms.ts'

const ours = fileURLToPath(new URL('synonyms.txt', import.meta.url))
const LOOK_EVERY_MS = 5_000

/** The synonyms of a file. They are part of questions and not of the index, so a change of the file counts from then on. */
export function readSynonyms(file = ours): Synonyms {
  let synonyms = parseSynonyms(readFileSync(file, 'utf8'))
  watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, () => {
    try {
      synonyms = parseSynonyms(readFileSync(file, 'utf8'))
    } catch {
      // A file that is just being written, or is gone, leaves what was read before.
    }
  })
  return (text) => synonyms(text)
}
