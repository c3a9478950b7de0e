import { ApplicationFailure } from '@temporalio/workflow'
import type { ProblemCode } from '../domain/problems.ts'

/** What whoever asked is told when it cannot be done: an answer, not a fault. */
export const refusal = (type: ProblemCode, message: string): ApplicationFailure =>
  ApplicationFailure.create({ type, message, nonRetryable: true, category: 'BENIGN' })
