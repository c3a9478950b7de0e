import { orderSearchAttributes } from '../workflows/search-attributes.ts'

const types = {
  TEXT: 'Text',
  KEYWORD: 'Keyword',
  INT: 'Int',
  DOUBLE: 'Double',
  BOOL: 'Bool',
  DATETIME: 'Datetime',
  KEYWORD_LIST: 'KeywordList',
} as const

/** Registered before any worker starts: a workflow that sets an unknown attribute is stuck and looks as if it ran. */
export const searchAttributes = Object.fromEntries(orderSearchAttributes.map(({ name, type }) => [name, types[type]]))
