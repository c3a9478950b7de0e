export type TemporalServerSettings = {
  postgres: { host: string; user: string; password: string }
  databases: { main: string; visibility: string }
  ports: { frontend: number; others: number[] }
  dynamicConfigFile: string
  /** How often each call to its database goes wrong, of 1, for each way to go wrong. */
  faultRate: number
}

/** `ExecuteAndTimeout` is the mean one: done, and reported as not done. */
const waysToFail = {
  writes: ['Timeout', 'ExecuteAndTimeout', 'ResourceExhausted', 'Unavailable'],
  reads: ['Timeout', 'ResourceExhausted', 'Unavailable'],
}

const faultyMethods = {
  ExecutionStore: {
    writes: ['CreateWorkflowExecution', 'UpdateWorkflowExecution', 'AppendHistoryNodes', 'AddHistoryTasks'],
    reads: ['GetWorkflowExecution', 'GetCurrentExecution', 'ReadHistoryBranch', 'GetHistoryTasks'],
  },
  TaskStore: { writes: ['CreateTasks'], reads: ['GetTasks'] },
}

/** What the server reads as YAML, which JSON is too. */
export function temporalServerSettings(settings: TemporalServerSettings) {
  const { postgres, databases, ports, dynamicConfigFile, faultRate } = settings
  const sql = (databaseName: string, maxConns: number) => ({
    pluginName: 'postgres12',
    databaseName,
    connectAddr: postgres.host,
    connectProtocol: 'tcp',
    user: postgres.user,
    password: postgres.password,
    maxConns,
    maxIdleConns: maxConns,
    maxConnLifetime: '1h',
  })
  const [frontendMembership, ...others] = ports.others
  const service = (grpcPort: number | undefined, membershipPort: number | undefined) => ({
    rpc: { grpcPort, membershipPort, bindOnLocalHost: true },
  })
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'main',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
      datastores: {
        main: { sql: sql(databases.main, 30), faultInjection: { targets: { dataStores: faulty(faultRate) } } },
        visibility: { sql: sql(databases.visibility, 10) },
      },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: {
      frontend: service(ports.frontend, frontendMembership),
      matching: service(others[0], others[1]),
      history: service(others[2], others[3]),
      worker: service(others[4], others[5]),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${ports.frontend}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: dynamicConfigFile, pollInterval: '60s' },
  }
}

/** One machine has no use for the spread of a task queue; and attributes are known as soon as they are registered. */
export const temporalDynamicSettings = {
  'matching.numTaskqueueReadPartitions': [{ value: 1 }],
  'matching.numTaskqueueWritePartitions': [{ value: 1 }],
  'system.forceSearchAttributesCacheRefreshOnRead': [{ value: true }],
}

/** Each method has luck of its own, the same in every run. */
function faulty(rate: number) {
  let seed = 42
  const failing = (methods: string[], ways: string[]) =>
    methods.map((method) => [method, { seed: seed++, errors: Object.fromEntries(ways.map((way) => [way, rate])) }])
  return Object.fromEntries(
    Object.entries(faultyMethods).map(([store, { writes, reads }]) => [
      store,
      {
        methods: Object.fromEntries([...failing(writes, waysToFail.writes), ...failing(reads, waysToFail.reads)]),
      },
    ]),
  )
}
