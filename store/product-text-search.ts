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
import type { Db } from './database.ts'

const orders: Record<SearchSort, string> = {
  relevance: 'rank desc, id desc',
  newest: 'id desc',
  price: 'price_minor, id',
  '-price': 'price_minor desc, id desc',
  name: 'lower(name), id',
  popularity: 'popularity desc, id desc',
  rating: 'rating desc nulls last, rating_count desc, popularity desc, id desc',
}

type Row = {
  ids: string[]
  total: number
  categories: Facets['categories']
  prices: Facets['prices']
  attributes: { name: string; value: string; count: number }[]
}

/** Each value of an attribute as text, whether it has one or a list of them. */
const valuesSql = (given: string) =>
  `jsonb_array_elements_text(case jsonb_typeof(${given}) when 'array' then ${given} else jsonb_build_array(${given}) end)`

/** Full-text search by PostgreSQL itself: whole words as a person means them, or the beginnings of all the words. */
export async function searchProductText(db: Db, query: SearchQuery): Promise<SearchHits> {
  const { rows } = await db.query<Row>(
    `with question as (
       select case when $1::text is null then null
                   else websearch_to_tsquery('english', $1) || to_tsquery('english', $2) end as words
     ), matching as materialized (
       select products.id, name, category, attributes, price_minor, popularity, rating, rating_count, coalesce(ts_rank(search_text, words), 0) as rank
         from question, products join stock on product_id = products.id
        where status = 'active'
          and ($1::text is null or search_text @@ words or lower(sku) = lower($1))
          and ($3::text is null or ${inCategorySql('$3')})
          and ($4::bigint is null or price_minor >= $4)
          and ($5::bigint is null or price_minor <= $5)
          and ($6::boolean is null or (stock.on_hand > stock.reserved) = $6)
          and not exists (select from jsonb_each($10::jsonb) as wanted (attribute, choices)
                           where not exists (select from ${valuesSql('attributes -> attribute')} as has (value)
                                              where choices ? value))
     ), page as (
       select id, row_number() over (order by ${orders[query.sort]}) as place from matching
        order by place limit $7 offset $8
     )
     select coalesce((select array_agg(id::text order by place) from page), '{}') as ids,
            (select count(*) from matching) as total,
            (select coalesce(json_agg(json_build_object('value', category, 'count', count) order by count desc, category), '[]')
               from (select branch as category, count(*) from matching, unnest(category_branches(category)) as branch
                 group by branch order by 2 desc, 1 limit ${CATEGORY_FACETS}) as c) as categories,
            (select json_agg(json_build_object('from', step, 'to', next_step, 'count', (
                      select count(*) from matching where price_minor >= step and (next_step is null or price_minor < next_step)
                    )) order by step)
               from (select step, lead(step) over (order by step) as next_step from unnest($9::bigint[]) as step) as s) as prices,
            (select coalesce(json_agg(a), '[]')
               from (select key as name, has.value, count(*)
                       from matching, jsonb_each(attributes) as given, ${valuesSql('given.value')} as has (value)
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
      query.after?.seen ?? 0,
      PRICE_STEPS_MINOR,
      JSON.stringify(query.attributes ?? {}),
    ],
  )
  const { ids, total, categories, prices, attributes } = rows[0] as Row
  // Its pages go by number: while the index is away, a change between two pages may show a product twice.
  return { ids, total, facets: { categories, prices, attributes: attributeFacets(attributes) }, last: [] }
}

/** Products whose words begin with what was typed so far. */
export async function suggestProductText(db: Db, prefix: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from products
      where status = 'active' and to_tsvector('english', name) @@ to_tsquery('english', $1)
        and search_text @@ to_tsquery('english', $1)
      order by name, id limit $2`,
    [prefixesOf(prefix), limit],
  )
  return rows.map(({ id }) => id)
}

/** `wire head` becomes `wire:* & head:*`; only letters and digits are left, so nothing of it is an operator. */
const prefixesOf = (text: string): string =>
  wordsOf(text)
    .map((word) => `${word}:*`)
    .join(' & ')
