import {
  allHandlersFinished,
  type ApplicationFailure,
  CancellationScope,
  condition,
  log,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import type { ProblemCode } from '../domain/problems.ts'
import { refusal } from './refusal.ts'
import { NeedsAttentionKey } from './search-attributes.ts'

export type DetailLine = [name: string, value: string | number]

type Refused<Problem> = { problem: Problem; detail: string }

/** What desks of work have in common: whether the work can be at all, whether it waits for a person, and what is read of it. */
export abstract class WorkDesk {
  #needsAttention: string | null = null
  #note: string | undefined
  #refusal: ApplicationFailure | undefined
  #isClosed = false

  /** Where the work stands, in words. */
  protected abstract get progress(): string
  /** What else operators read. */
  protected abstract get lines(): DetailLine[]

  get stage(): string {
    return this.#refusal ? `Refused: ${this.#refusal.message}` : this.progress
  }

  get needsAttention(): string | null {
    return this.#needsAttention
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  call(why: string | null): void {
    if (why === this.#needsAttention) return
    this.#needsAttention = why
    upsertSearchAttributes([{ key: NeedsAttentionKey, value: why !== null }])
    this.show()
  }

  /** The work cannot be: whoever asked for it is told so. Answers what comes of it. */
  refuse<Problem extends ProblemCode>({ problem, detail }: Refused<Problem>): { status: 'refused' } & Refused<Problem> {
    this.#refusal = refusal(problem, detail)
    this.show()
    return { status: 'refused', problem, detail }
  }

  close(): void {
    this.#isClosed = true
  }

  /** A signal has nobody to answer to: why it was refused stands in the details. */
  protected note(what: string, why: string): void {
    log.warn('request refused', { what, why })
    this.#note = `${what} was refused: ${why}`
    this.show()
  }

  /** Waits for what becomes of the work; throws why it cannot be. */
  protected async known(isKnown: () => boolean): Promise<void> {
    await CancellationScope.nonCancellable(() => condition(() => this.#refusal !== undefined || isKnown()))
    if (this.#refusal) throw this.#refusal
  }

  protected show(): void {
    setCurrentDetails(detailsOf(this.stage, this.lines, { needsAttention: this.#needsAttention, note: this.#note }))
  }
}

/** The details of a workflow, as the Web UI shows them. */
export function detailsOf(
  stage: string,
  lines: DetailLine[],
  { needsAttention, note }: { needsAttention: string | null; note: string | null | undefined },
): string {
  const all: DetailLine[] = [
    ...lines,
    ...(needsAttention ? [['**Needs attention**', needsAttention] satisfies DetailLine] : []),
    ...(note ? [['Last request', note] satisfies DetailLine] : []),
  ]
  return [`### ${stage}`, '', '| | |', '| --- | --- |', ...all.map(([name, value]) => `| ${name} | ${value} |`)].join(
    '\n',
  )
}

/**
 * Runs a story to its end. To be cancelled does not interrupt it: that is a request like others. Whoever still waits at its
 * desk is answered first.
 */
export function atDesk<End>(desk: { cancel(): void; close(): void }, story: () => Promise<End>): Promise<End> {
  CancellationScope.current().cancelRequested.catch(() => desk.cancel())
  return CancellationScope.nonCancellable(async () => {
    const end = await story()
    desk.close()
    await condition(allHandlersFinished)
    return end
  })
}

export function throwing(refused: ApplicationFailure | undefined): void {
  if (refused) throw refused
}
