import type { Fault } from '../fault.ts'
import { clockFaults } from './clocks.ts'
import { databaseFaults } from './database.ts'
import { diskFaults } from './disk.ts'
import { freezeFaults } from './freeze.ts'
import { fsyncFaults } from './fsync.ts'
import { gatewayFaults } from './gateway.ts'
import { networkFaults } from './network.ts'
import { openSearchFaults } from './opensearch.ts'
import { processFaults } from './processes.ts'
import { redisFaults } from './redis.ts'
import { requestFaults } from './requests.ts'

/** Every fault there is. Each says by itself whether it can be had in this run. */
export const catalogue: readonly Fault[] = [
  ...processFaults,
  ...gatewayFaults,
  ...requestFaults,
  ...networkFaults,
  ...databaseFaults,
  ...redisFaults,
  ...openSearchFaults,
  ...diskFaults,
  ...fsyncFaults,
  ...clockFaults,
  ...freezeFaults,
]
