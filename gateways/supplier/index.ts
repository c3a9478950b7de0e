export * from './port.ts'
export { createSandboxSuppliers } from './sandbox.ts'
