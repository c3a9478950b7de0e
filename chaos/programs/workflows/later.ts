import { patched, sleep, type WorkflowInterceptorsFactory } from '@temporalio/workflow'

export * from '../../../workflows/index.ts'

/**
 * The next version of the shop's workflows: before each effect that is not tried at once it takes a step which the
 * version before did not. Orders that began under that version go on as they began.
 */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      async scheduleActivity(input, next) {
        if (patched('a-step-before-each-effect')) await sleep(1)
        return next(input)
      },
    },
  ],
})
