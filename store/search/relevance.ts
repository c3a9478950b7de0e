/** One way to say what is looked for: as it was typed, as it is spelt, or in other words. */
export type Phrasing = { text: string; weight: number }

// Measured one by one: docs/search.md.
const weights = { name: 3, main: 1.5, joined: 1, category: 0.7, attributes: 0.7, description: 0.5, sku: 2 }
/** What having all the words is worth, beside scores of some tens. */
const ALL_WORDS_BONUS = 10
const SKU_BONUS = 100

/**
 * What a person typed is only ever compared with words: `match` reads no query language. A product that has all the words,
 * wherever they stand, comes before one that has some of them often.
 */
export function relevanceOf(phrasings: readonly Phrasing[], { strictly = false } = {}) {
  const queries = phrasings.map(({ text, weight }) => {
    const query = phrasingQuery(text, weight)
    return strictly ? { bool: { ...query.bool, filter: mostWords(text) } } : query
  })
  return { dis_max: { queries } }
}

const anywhere = { fields: ['name', 'category.text', 'attributes', 'description'], type: 'cross_fields' }

/** Where the best do not come first, what has only one of many words must not come at all. */
function mostWords(text: string) {
  const most = { multi_match: { ...anywhere, query: text, minimum_should_match: '2<75%' } }
  return {
    bool: { should: [most, { match: { 'name.joined': { query: text, operator: 'and' } } }, { term: { sku: text } }] },
  }
}

function phrasingQuery(text: string, weight: number) {
  const match = (field: string, boost: number) => ({ match: { [field]: { query: text, boost } } })
  const allWords = { multi_match: { ...anywhere, query: text, operator: 'and' } }
  return {
    bool: {
      boost: weight,
      should: [
        match('name', weights.name),
        match('name.main', weights.main),
        match('name.joined', weights.joined),
        match('category.text', weights.category),
        match('attributes', weights.attributes),
        match('description', weights.description),
        match('sku.text', weights.sku),
        // As a filter: what the words are worth is counted above, and here once more it would cost the most of all.
        { constant_score: { filter: allWords, boost: ALL_WORDS_BONUS } },
        { term: { sku: { value: text.trim(), boost: SKU_BONUS } } },
      ],
      minimum_should_match: 1,
    },
  }
}
