import type { WorkflowInterceptorsFactory } from '@temporalio/workflow'

export * from '../../../workflows/index.ts'

/** A mistake: the workflow's code throws. Its task fails and is tried again for ever, and the order is stuck, not failed. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      async execute() {
        throw new TypeError("Cannot read properties of undefined (reading 'orderId')")
      },
    },
  ],
})
