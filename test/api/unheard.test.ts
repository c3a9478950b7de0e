import { NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/client'
import { expect, test } from 'vitest'
import { isGone, isUnheard } from '../../api/commands/temporal.ts'

test('an engine that cannot find its namespace has said nothing about the order: customers hear 503 and repeat', () => {
  const error = new NamespaceNotFoundError('default')
  expect([isUnheard(error), isGone(error)]).toEqual([true, false])
})

test('an engine that says there is no such workflow has answered', () => {
  const error = new WorkflowNotFoundError('No such workflow', 'order-ord_1', undefined)
  expect([isUnheard(error), isGone(error)]).toEqual([false, true])
})
