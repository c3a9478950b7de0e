import { CancellationScope } from '@temporalio/workflow'

type Undo = { name: string; run: () => Promise<void> }

/** Resolves when a person has decided what to do about an undo that was refused for good. */
export type AskPerson = (undo: string, error: unknown) => Promise<'retry' | 'skip'>

/**
 * What must be undone if the story does not come to its good end. An undo is promised before its step is taken, because
 * a step whose answer is lost may have worked; so each must be right when the step never ran, too.
 */
export class Saga {
  readonly #undos: Undo[] = []

  promise(name: string, run: Undo['run']): void {
    this.#undos.push({ name, run })
  }

  /** Undoes the last step first. Cancellation cannot interrupt it, and one refused undo does not keep the others back for ever. */
  undoAll(askPerson: AskPerson): Promise<void> {
    return CancellationScope.nonCancellable(async () => {
      for (let undo = this.#undos.pop(); undo; undo = this.#undos.pop()) await insist(undo, askPerson)
    })
  }
}

async function insist(undo: Undo, askPerson: AskPerson): Promise<void> {
  for (;;) {
    try {
      return await undo.run()
    } catch (error) {
      if ((await askPerson(undo.name, error)) === 'skip') return
    }
  }
}
