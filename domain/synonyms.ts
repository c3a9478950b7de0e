/** Other ways to say what was asked for. */
export type Synonyms = (text: string) => string[]

const MAX_PHRASE_WORDS = 4
const MAX_ALTERNATIVES = 4

/**
 * Reads rules in the form that Solr made common, one on a line: `sofa, couch` says that each may stand for the other,
 * `hot water tank => water heater` that the left is said for the right and not the reverse. `#` begins a comment.
 */
export function parseSynonyms(text: string): Synonyms {
  const rules = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [rule = ''] = line.split('#', 1)
    const [left = [], right] = rule.split('=>').map(phrasesOf)
    for (const said of left) {
      const meant = (right ?? left).filter((phrase) => phrase !== said)
      rules.set(keyOf(said), [...(rules.get(keyOf(said)) ?? []), ...meant])
    }
  }
  return (asked) => alternativesOf(asked, rules)
}

/** The question with one phrase of it said otherwise, for each phrase and each other way; long phrases before short ones. */
function alternativesOf(asked: string, rules: ReadonlyMap<string, readonly string[]>): string[] {
  const words = asked.trim().split(/\s+/)
  const found = new Set<string>()
  for (let length = Math.min(MAX_PHRASE_WORDS, words.length); length > 0; length--) {
    for (let from = 0; from + length <= words.length; from++) {
      const meant = rules.get(keyOf(words.slice(from, from + length).join(' '))) ?? []
      for (const phrase of meant) found.add([...words.slice(0, from), phrase, ...words.slice(from + length)].join(' '))
    }
  }
  return [...found].slice(0, MAX_ALTERNATIVES)
}

const phrasesOf = (side: string): string[] =>
  side
    .split(',')
    .map((phrase) => phrase.trim().toLowerCase())
    .filter((phrase) => phrase !== '')

/** Case, hyphens and the plural make no difference to what is meant. */
const keyOf = (phrase: string): string =>
  phrase
    .toLowerCase()
    .replaceAll('-', ' ')
    .replace(/(?<=\w{3})s\b/g, '')
