import type pg from 'pg'
import {
  attributeFacets,
  CATEGORY_FACETS,
  type Facets,
  PRICE_STEPS_MINOR,
  type SearchHits,
  type SearchQuery,
  type SearchSort,
  wordsOf,
} from '../domain/product-search.ts'
import { inCategorySql } from './categories.ts'
import { type Database, inTransaction } from './database.ts'

/** So many are counted, and ranked: a word that is in every product must cost no more than one that is in some. */
export const MOST_COUNTED = 1_000

type Order = { keys: readonly { by: string; type: string }[]; direction: 'asc' | 'desc' }

const id = { by: 'id', type: 'text' }
const price = { by: 'price_minor', type: 'bigint' }
const popularity = { by: 'popularity', type: 'bigint' }

// Each is an index of products, which is walked until enough is found; the id makes it total.
const walks: Record<Exclude<SearchSort, 'relevance'>, Order> = {
  newest: { keys: [id], direction: 'desc' },
  price: { keys: [price, id], direction: 'asc' },
  '-price': { keys: [price, id], direction: 'desc' },
  name: { keys: [{ by: 'lower(name)', type: 'text' }, id], direction: 'asc' },
  popularity: { keys: [popularity, id], direction: 'desc' },
  rating: {
    keys: [
      { by: 'coalesce(rating, 0)::float8', type: 'float8' },
      { by: 'rating_count', type: 'bigint' },
      popularity,
      id,
    ],
    direction: 'desc',
  },
}
const byRank: Order = { keys: [{ by: 'rank', type: 'float8' }, id], direction: 'desc' }

const listOf = (keys: Order['keys']) => keys.map(({ by }) => by).join(', ')
const orderBy = ({ keys, direction }: Order) => keys.map(({ by }) => `${by} ${direction}`).join(', ')
const backwards = (order: Order): Order => ({ ...order, direction: order.direction === 'asc' ? 'desc' : 'asc' })

/** Behind the hit whose keys are the parameters from $10 on. */
const afterSql = ({ keys, direction }: Order) =>
  `(${listOf(keys)}) ${direction === 'asc' ? '>' : '<'} (${keys.map(({ type }, n) => `$${10 + n}::${type}`).join(', ')})`

/** Each value of an attribute as text, whether it has one or a list of them. */
const valuesSql = (given: string) =>
  `jsonb_array_elements_text(case jsonb_typeof(${given}) when 'array' then ${given} else jsonb_build_array(${given}) end)`

const wordsSql = `(websearch_to_tsquery('english', $1) || to_tsquery('english', $2))`
const isSkuSql = `lower(sku) = lower($1)`
// As a case the last one stays a filter: as a join it would keep the planner from walking an index.
const isWantedSql = `status = 'active'
  and ($3::text is null or ${inCategorySql('$3')})
  and ($4::bigint is null or price_minor >= $4)
  and ($5::bigint is null or price_minor <= $5)
  and ($6::boolean is null or (select on_hand > reserved from stock where product_id = products.id) = $6)
  and case when $9::jsonb = '{}' then true else not exists (
    select from jsonb_each($9::jsonb) as wanted (attribute, choices)
     where not exists (select from ${valuesSql('attributes -> attribute')} as has (value) where choices ? value)) end`
const isFoundSql = `${isWantedSql} and ($1::text is null or search_text @@ ${wordsSql} or ${isSkuSql})`

/**
 * Found in an order that an index has: the first are counted, and a later page begins behind the last one. Also for a page
 * as many are asked for as are counted: of few the planner thinks that they soon turn up, and walks through everything when
 * there are none.
 */
function walkedSql(order: Order, { isFirst, isAfter }: { isFirst: boolean; isAfter: boolean }): string {
  const walk = (from: string) => `as materialized (
    select * from products where ${isFoundSql} ${from}`
  const counted = `counted ${walk(`order by ${orderBy(order)} limit ${MOST_COUNTED})`)}`
  const behind = isAfter ? `and ${afterSql(order)}` : ''
  const followed = `followed ${walk(`${behind} order by ${orderBy(order)} limit ${MOST_COUNTED} offset $8)`)}`
  return isFirst
    ? `${counted}, page as (select * from counted order by ${orderBy(order)} limit $7 offset $8)`
    : `${counted}, ${followed}, page as (select * from followed order by ${orderBy(order)} limit $7)`
}

/** The best of those that sell best; whose SKU was typed is among them and before them all. */
const rankedSql = (isAfter: boolean) => `
  counted as materialized (
    select id, category, attributes, price_minor, 1 + ts_rank(search_text, ${wordsSql})::float8 as rank
      from products where ${isWantedSql} and ${isSkuSql}
    union all
    (select id, category, attributes, price_minor, ts_rank(search_text, ${wordsSql})::float8
       from products where ${isWantedSql} and search_text @@ ${wordsSql} and not ${isSkuSql}
      order by ${orderBy(walks.popularity)} limit ${MOST_COUNTED})
  ), page as (
    select * from counted ${isAfter ? `where ${afterSql(byRank)}` : ''} order by ${orderBy(byRank)} limit $7 offset $8
  )`

type Row = {
  ids: string[]
  last: SearchHits['last'] | null
  total: number
  categories: Facets['categories']
  prices: Facets['prices']
  attributes: { name: string; value: string; count: number }[]
}

/**
 * Full-text search by PostgreSQL itself: whole words as a person means them, or the beginnings of all the words. It looks
 * at no more than it takes to fill a page and to count to `MOST_COUNTED`, from where the total and the facets stand still.
 */
export async function searchProductText(database: Database, query: SearchQuery): Promise<SearchHits> {
  const isRanked = query.sort === 'relevance' && query.q !== undefined
  const order = isRanked ? byRank : walks[query.sort === 'relevance' ? 'newest' : query.sort]
  const { after } = query
  // A page that the index began goes on by number.
  const isAfter = after?.engine === 'postgres' && after.last.length === order.keys.length
  const { rows } = await plannedFor<Row>(
    database,
    `with ${isRanked ? rankedSql(isAfter) : walkedSql(order, { isFirst: after === undefined, isAfter })}
     select coalesce((select array_agg(id::text order by ${orderBy(order)}) from page), '{}') as ids,
            (select json_build_array(${listOf(order.keys)}) from page order by ${orderBy(backwards(order))} limit 1) as last,
            (select count(*) from counted) as total,
            (select coalesce(json_agg(json_build_object('value', category, 'count', count) order by count desc, category), '[]')
               from (select branch as category, count(*) from counted, unnest(category_branches(category)) as branch
                      group by branch order by 2 desc, 1 limit ${CATEGORY_FACETS}) as c) as categories,
            (select json_agg(json_build_object('from', step, 'to', next_step, 'count', (
                      select count(*) from counted where price_minor >= step and (next_step is null or price_minor < next_step)
                    )) order by step)
               from (select step, lead(step) over (order by step) as next_step
                       from unnest('{${PRICE_STEPS_MINOR.join()}}'::bigint[]) as step) as s) as prices,
            (select coalesce(json_agg(a), '[]')
               from (select key as name, has.value, count(*)
                       from counted, jsonb_each(attributes) as given, ${valuesSql('given.value')} as has (value)
                      where jsonb_typeof(given.value) not in ('object', 'null')
                      group by 1, 2 order by 3 desc, 1, 2 limit 400) as a) as attributes`,
    [
      query.q ?? null,
      prefixesOf(query.q ?? ''),
      query.category ?? null,
      query.minPriceMinor ?? null,
      query.maxPriceMinor ?? null,
      query.inStock ?? null,
      query.limit,
      isAfter ? 0 : (after?.seen ?? 0),
      JSON.stringify(query.attributes ?? {}),
      ...(isAfter ? after.last : []),
    ],
  )
  const { ids, last, total, categories, prices, attributes } = rows[0] as Row
  return {
    ids,
    total,
    isCapped: total >= MOST_COUNTED,
    facets: { categories, prices, attributes: attributeFacets(attributes) },
    last: last ?? [],
  }
}

/** Products whose names have words that begin with what was typed so far. */
export async function suggestProductText(database: Database, prefix: string, limit: number): Promise<string[]> {
  const { rows } = await plannedFor<{ id: string }>(
    database,
    `select id from products where status = 'active' and search_text @@ to_tsquery('english', $1)
      order by ${orderBy(walks.name)} limit $2`,
    [prefixesOf(prefix, 'A'), limit],
  )
  return rows.map(({ id }) => id)
}

/**
 * Planned for these very words, other than all other statements: whether to walk an index until enough is found or to look
 * up the few that there are depends on how many have them.
 */
const plannedFor = <Found extends pg.QueryResultRow>(database: Database, text: string, values: unknown[]) =>
  inTransaction(database, async (tx) => {
    await tx.query('set local plan_cache_mode = force_custom_plan')
    return tx.query<Found>(text, values)
  })

/** `wire head` becomes `wire:* & head:*`; only letters and digits are left, so nothing of it is an operator. */
const prefixesOf = (text: string, weight: 'A' | '' = ''): string =>
  wordsOf(text)
    .map((word) => `${word}:*${weight}`)
    .join(' & ')
