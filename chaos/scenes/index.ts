import { newCode } from './new-code.ts'
import { postgresFailover } from './postgres-failover.ts'
import type { Scene } from './scene.ts'
import { temporalOnPostgres } from './temporal-on-postgres.ts'

export const scenes: readonly Scene[] = [temporalOnPostgres, postgresFailover, newCode]
