export * from './hold.ts'
export * from './read.ts'
export * from './rest.ts'
export * from './settle.ts'
