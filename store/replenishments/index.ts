export * from './attention.ts'
export * from './open.ts'
export * from './read.ts'
export * from './receive.ts'
