/** A deliberate bug, as a change of the product's source. The product itself knows nothing of it. */
export type Saboteur = {
  name: string
  /** What a hurried developer might have written, in one sentence. */
  bug: string
  edits: readonly Edit[]
  caughtBy: 'sim' | 'chaos'
  /** Beyond those that all runs of that suite get: the shortest run that is honest. */
  args?: readonly string[]
  /** The promises that this bug breaks. One of them must be named; a crash or another complaint does not count. */
  expects: readonly string[]
  /** Which second guard had to be taken away as well, because it made the bug harmless. */
  alsoRemoves?: string
}

/** `find` stands exactly once in the file. */
export type Edit = { file: string; find: string; replace: string }
