import { v7 } from 'uuid'
import type { IdPrefix } from '../domain/ids.ts'

/** A new time-ordered id (RFC 9562 UUIDv7). Made at the edge, once; everything inside derives its names from it. */
export const newId = (prefix: IdPrefix): string => `${prefix}_${v7()}`
