/** By which a person points the shop at servers that are there already. */
const givenBy = [
  'DATABASE_URL',
  'REDIS_URL',
  'OPENSEARCH_URL',
  'TEMPORAL_ADDRESS',
  'GATEWAY_URL',
  'GATEWAY_WEBHOOK_SECRET',
  'SUPPLIER_URL',
]

/** For whoever must have servers of their own, to break or to measure, whatever the shell points to. */
export const withoutGivenServers = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...environment,
  ...Object.fromEntries(givenBy.map((name) => [name, undefined])),
})
