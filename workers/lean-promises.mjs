import v8 from 'node:v8'
import { isMainThread } from 'node:worker_threads'

// In the threads that run workflows, the engine's library notes a mapped stack trace for each promise that is made, for
// the "call stack" of an operator. It is a sixth of the work of a checkout, and an order says where it stands in its
// details. The library does without when promise hooks cannot be had, so in those threads they cannot.
if (!isMainThread) {
  v8.promiseHooks.createHook = () => {
    throw new Error('promise hooks are switched off')
  }
}
