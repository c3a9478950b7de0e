export * from './deliveries.ts'
export * from './endpoints.ts'
export * from './fan-out.ts'
export * from './sending.ts'
