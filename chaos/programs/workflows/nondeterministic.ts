import { sleep, type WorkflowInterceptorsFactory, workflowInfo } from '@temporalio/workflow'

export * from '../../../workflows/index.ts'

/** A mistake: a workflow that is carried on from its history takes a step which is not in there, so it is stuck. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      async execute(input, next) {
        if (workflowInfo().unsafe.isReplaying) await sleep(1)
        return next(input)
      },
    },
  ],
})
