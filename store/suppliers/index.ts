export * from './catalogue.ts'
export * from './orders.ts'
export * from './withdrawals.ts'
