import { createHash } from 'node:crypto'

/**
 * How the product index understands text. The evaluation and the shop build their index from this one definition, and its
 * fingerprint names the index: a change here is a new index beside the old one.
 */

// What people write for one unit, after a number only: "in" alone is a word like any other.
const units: Record<string, string> = {
  'square foot': String.raw`sq(?:uare|\.)?\s*(?:feet|foot|ft\b\.?)`,
  'square inch': String.raw`sq(?:uare|\.)?\s*(?:inches|inch|in\b\.?)`,
  'cubic foot': String.raw`cu(?:bic|\.)?\s*(?:feet|foot|ft\b\.?)`,
  inch: String.raw`inches\b|inch\b|in\b\.?|''|["″”]`,
  foot: String.raw`feet\b|foot\b|ft\b\.?|['′’](?!\p{L})`,
  yard: String.raw`(?:yards?|yds?)\b\.?`,
  gallon: String.raw`(?:gallons?|gals?)\b\.?`,
  quart: String.raw`(?:quarts?|qts?)\b\.?`,
  ounce: String.raw`(?:ounces?|oz)\b\.?`,
  pound: String.raw`(?:pounds?|lbs?)\b\.?`,
  volt: String.raw`(?:volts?|v)\b`,
  watt: String.raw`(?:watts?|w)\b`,
  amp: String.raw`(?:amperes?|amps?)\b\.?`,
  pack: String.raw`(?:packs?|pks?|counts?|ct|pieces?|pcs?)\b\.?`,
}

const unitFilters = Object.entries(units).map(([unit, spellings]) => ({
  name: `unit_${unit.replace(' ', '_')}`,
  filter: replacing(String.raw`(?<=\d)[\s-]*(?:${spellings})`, ` ${unit} `),
}))

const characters = {
  ...Object.fromEntries(unitFilters.map(({ name, filter }) => [name, filter])),
  // A point or a slash belongs to a number (1.5, 3/4) or ends a word.
  no_stray_points: replacing(String.raw`[./](?!\d)|(?<!\d)[./]`, ' '),
  times: replacing(String.raw`(?<=\d)\s*[x×*]\s*(?=\d)`, ' x '),
  // 2 in. x 4 in. x 8 ft. is what people call a 2x4x8.
  sizes: replacing(String.raw`(?<=\d)\s*(?:inch|foot)?\s*[x×*]\s*(?=\d)`, 'x'),
  // What a product is stands before what it goes with: "Faucet in Chrome", "Filter for Vacuums (2-Pack)".
  asides: replacing(String.raw`\([^)]*\)|\s(?:with|for|in|includes|fits)\s.*$`, ' '),
  ampersand: replacing('&', ' and '),
  levels: replacing('/', ' '),
}
const unitNames = unitFilters.map(({ name }) => name)

const settings = {
  number_of_shards: 1,
  auto_expand_replicas: '0-1',
  // How often a word stands in a name says little, and a long name is no worse a product.
  similarity: { names: { type: 'BM25', k1: 0.6, b: 0.4 } },
  analysis: {
    normalizer: { lower: { type: 'custom', filter: ['lowercase', 'asciifolding'] } },
    char_filter: characters,
    filter: {
      // HX-2500B is found as hx-2500b, hx2500b, "hx 2500 b" and 2500.
      parts: {
        type: 'word_delimiter_graph',
        catenate_all: true,
        split_on_numerics: true,
        split_on_case_change: true,
        stem_english_possessive: true,
        type_table: ['. => DIGIT', '/ => DIGIT'],
      },
      whole_parts: {
        type: 'word_delimiter_graph',
        split_on_numerics: false,
        split_on_case_change: false,
        stem_english_possessive: true,
        type_table: ['. => DIGIT', '/ => DIGIT'],
      },
      sizes_of: {
        type: 'pattern_capture',
        preserve_original: true,
        patterns: ['^([\\d./-]+x[\\d./-]+)x', 'x([\\d./-]+x[\\d./-]+)$'],
      },
      stop: { type: 'stop', stopwords: ['_english_', 'x'] },
      stem: { type: 'stemmer', language: 'english' },
      neighbours: {
        type: 'shingle',
        min_shingle_size: 2,
        max_shingle_size: 2,
        token_separator: '',
        output_unigrams: true,
      },
    },
    analyzer: {
      words: {
        type: 'custom',
        char_filter: ['ampersand', ...unitNames, 'times', 'no_stray_points'],
        tokenizer: 'whitespace',
        filter: ['parts', 'flatten_graph', 'lowercase', 'asciifolding', 'stop', 'stem'],
      },
      main_words: {
        type: 'custom',
        char_filter: ['ampersand', ...unitNames, 'asides', 'times', 'no_stray_points'],
        tokenizer: 'whitespace',
        filter: ['parts', 'flatten_graph', 'lowercase', 'asciifolding', 'stop', 'stem'],
      },
      // "dish washer" and "dishwasher" meet here, as do 2x4 and 2 in. x 4 in., and words that stand together count more.
      joined: {
        type: 'custom',
        char_filter: ['ampersand', ...unitNames, 'sizes', 'no_stray_points'],
        tokenizer: 'whitespace',
        // Stemmed once more when joined: "washer" is its own stem, "dishwasher" is not.
        filter: [
          'whole_parts',
          'flatten_graph',
          'lowercase',
          'asciifolding',
          'stop',
          'stem',
          'neighbours',
          'stem',
          'sizes_of',
        ],
      },
      // The levels of a category are words side by side, also those that end and begin in digits.
      level_words: {
        type: 'custom',
        char_filter: ['levels', 'ampersand', ...unitNames, 'times', 'no_stray_points'],
        tokenizer: 'whitespace',
        filter: ['parts', 'flatten_graph', 'lowercase', 'asciifolding', 'stop', 'stem'],
      },
      branches: { type: 'custom', tokenizer: 'path_hierarchy' },
      spoken: {
        type: 'custom',
        char_filter: ['no_stray_points'],
        tokenizer: 'standard',
        filter: ['lowercase', 'asciifolding'],
      },
    },
  },
}

const words = { type: 'text', analyzer: 'words', copy_to: 'spelling' } as const

const mappings = {
  dynamic: 'strict',
  properties: {
    id: { type: 'keyword' },
    sku: { type: 'keyword', normalizer: 'lower', fields: { text: { type: 'text', analyzer: 'words' } } },
    name: {
      ...words,
      similarity: 'names',
      fields: {
        joined: { type: 'text', analyzer: 'joined', similarity: 'names' },
        main: { type: 'text', analyzer: 'main_words', search_analyzer: 'words', similarity: 'names' },
        spoken: { type: 'text', analyzer: 'spoken' },
        exact: { type: 'keyword', normalizer: 'lower', ignore_above: 256 },
      },
    },
    description: words,
    category: {
      type: 'keyword',
      copy_to: 'spelling',
      fields: {
        text: { type: 'text', analyzer: 'level_words', search_analyzer: 'words' },
        // kitchen/knives is counted in kitchen too.
        branches: { type: 'text', analyzer: 'branches', fielddata: true },
      },
    },
    attributes: words,
    // Which words there are at all, unstemmed: what is not among them may be misspelt.
    spelling: { type: 'text', analyzer: 'spoken', norms: false, index_options: 'docs' },
    facets: { type: 'keyword', ignore_above: 600 },
    price_minor: { type: 'long' },
    popularity: { type: 'long' },
    rating: { type: 'float' },
    rating_count: { type: 'integer' },
    in_stock: { type: 'boolean' },
    created_at: { type: 'date' },
  },
}

export const definition = { settings, mappings }

/** Goes up with every change above. While two versions of the shop run, the index of the higher one is kept. */
export const GENERATION = 4

/** Changes with anything above, and so tells an index made by another version of it. */
export const fingerprint = createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 8)

function replacing(pattern: string, replacement: string) {
  return { type: 'pattern_replace', pattern, replacement, flags: 'CASE_INSENSITIVE|UNICODE_CASE' }
}
