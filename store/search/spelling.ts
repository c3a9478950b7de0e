/** One word of the question, and how the catalogue spells what comes nearest. */
type SpellingEntry = { text: string; offset: number; length: number; options: { text: string; score: number }[] }
export type SpellingAnswer = { spelling?: SpellingEntry[] }

/** Asks only for words that no product has: a word that is there was meant. */
export function spellingQuestion(text: string) {
  const term = { field: 'spelling', suggest_mode: 'missing', prefix_length: 1, min_word_length: 4, size: 1 }
  return { text, spelling: { term } }
}

const LONG_WORD = 6

/** The question with its misspelt words put right, or nothing when none is. */
export function correctedText(text: string, answer: SpellingAnswer | undefined): string | undefined {
  const misspelt = (answer?.spelling ?? []).filter(isCorrectable)
  if (misspelt.length === 0) return undefined
  return misspelt.reduceRight(
    (corrected, { offset, length, options }) =>
      `${corrected.slice(0, offset)}${options[0]?.text}${corrected.slice(offset + length)}`,
    text,
  )
}

/** Words that are read as units, and need not be any product's own. */
const unitWords =
  /^(?:feet|foot|inch(?:es)?|yards?|gallons?|gals?|quarts?|ounces?|pounds?|volts?|watts?|amp(?:ere)?s?|packs?|counts?|pieces?|square|cubic)$/i

/** Sizes and model numbers are no words: another number is another thing. A short word bears one slip, a long one two. */
function isCorrectable({ text, options }: SpellingEntry): boolean {
  const [best] = options
  if (!best || unitWords.test(text) || /\d/.test(text) || /\d/.test(best.text)) return false
  return text.length >= LONG_WORD || best.score > 1 - 1.5 / text.length
}
