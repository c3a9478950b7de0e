import { type ApplicationFailure, CancellationScope, condition } from '@temporalio/workflow'
import { throwing } from './work-desk.ts'

/** What somebody asked for. `answer` says that it was done, or why it was not. */
export type Asked<Ask> = Ask & { answer: (refused: ApplicationFailure | undefined) => void }

type Owner<Status> = { status: () => Status; note: (what: string, why: string) => void }

/** Requests that wait for their turn: the story takes them one at a time, so two of them can never act at once. */
export class RequestQueue<Ask extends object, Status> {
  readonly #asked: Asked<Ask>[] = []
  readonly #owner: Owner<Status>

  constructor(owner: Owner<Status>) {
    this.#owner = owner
  }

  get isEmpty(): boolean {
    return this.#asked.length === 0
  }

  /** Waits until it was done and answers where the work stands; throws why it was not. */
  async ask(request: Ask): Promise<Status> {
    let outcome: { refused: ApplicationFailure | undefined } | undefined
    this.#asked.push({ ...request, answer: (refused) => void (outcome = { refused }) })
    await CancellationScope.nonCancellable(() => condition(() => outcome !== undefined))
    throwing(outcome?.refused)
    return this.#owner.status()
  }

  /** As `ask`, for an operator's signal: nobody hears why it was refused, so that is noted. */
  async tell(what: string, refused: ApplicationFailure | undefined, request: Ask | undefined): Promise<void> {
    try {
      throwing(refused)
      if (request) await this.ask(request)
    } catch (error) {
      this.#owner.note(what, (error as ApplicationFailure).message)
    }
  }

  take(): Asked<Ask> | undefined {
    return this.#asked.shift()
  }

  refuseAll(whyNot: (request: Ask) => ApplicationFailure): void {
    for (const request of this.#asked.splice(0)) request.answer(whyNot(request))
  }
}
