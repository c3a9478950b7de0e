import type { Execution, Update, UpdateOutcome } from './execution.ts'
import type { Command } from './workflow-host.ts'

/** What a workflow says to a request: it is taken, done or refused. */
export function respond(execution: Execution, response: Command): void {
  const update = execution.updates.get(response.protocolInstanceId)
  if (!update) return
  if (response.accepted) update.state = 'accepted'
  else if (response.completed) settle(update, { completed: response.completed })
  else {
    // What was refused before it was accepted is forgotten: asked again, it is judged again.
    if (update.state === 'admitted') execution.updates.delete(update.id)
    settle(update, { rejected: response.rejected })
  }
}

export function settle(update: Update, outcome: UpdateOutcome): void {
  update.state = 'done'
  update.outcome.resolve(outcome)
}
