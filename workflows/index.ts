export { eventSweep } from './event-sweep.ts'
export { order } from './order.ts'
export { refund } from './refund.ts'
export { searchSync } from './search-sync.ts'
