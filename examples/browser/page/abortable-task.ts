/** Work with a progress bar and a button that aborts it. One at a time; the focus does not get lost on the way. */
import { isStoreError } from '@upkeep/core'
import { element } from './dom.ts'

/** The elements of a task, by their ids. */
export interface TaskElements {
  readonly abort: string
  readonly progress: string
  readonly status: string
}

/** `share` is from 0 to 1; `undefined` for work of which nobody knows how much there is. */
export type TellShare = (share: number | undefined, told?: string) => void

export class AbortableTask {
  readonly #abort: HTMLButtonElement
  readonly #progress: HTMLProgressElement
  readonly #status: HTMLElement
  readonly #onError: (error: unknown) => void
  #controller: AbortController | undefined

  constructor({ abort, progress, status }: TaskElements, onError: (error: unknown) => void) {
    this.#abort = element<HTMLButtonElement>(abort)
    this.#progress = element<HTMLProgressElement>(progress)
    this.#status = element(status)
    this.#onError = onError
    this.#abort.addEventListener('click', () => this.#controller?.abort())
  }

  get isRunning(): boolean {
    return this.#controller !== undefined
  }

  /** `work` answers what is told at its end. `starters` cannot be used meanwhile; the focus goes to Abort and back. */
  async run(
    starters: readonly HTMLElement[],
    told: string,
    work: (signal: AbortSignal, tell: TellShare) => Promise<string>,
  ): Promise<void> {
    if (this.isRunning) return
    const controller = new AbortController()
    this.#controller = controller
    const focused = starters.find((starter) => starter === document.activeElement)
    this.#show(true, starters)
    this.#status.textContent = told
    if (focused !== undefined) this.#abort.focus()
    try {
      this.#status.textContent = await work(controller.signal, (share, now) => {
        this.#tell(share)
        if (now !== undefined && now !== this.#status.textContent) this.#status.textContent = now
      })
    } catch (error) {
      this.#status.textContent = describe(error)
      this.#onError(error)
    } finally {
      this.#controller = undefined
      const hadFocus = document.activeElement === this.#abort
      this.#show(false, starters)
      if (hadFocus) (focused ?? starters[0])?.focus()
    }
  }

  #tell(share: number | undefined): void {
    if (share === undefined) this.#progress.removeAttribute('value')
    else this.#progress.value = share
  }

  #show(isRunning: boolean, starters: readonly HTMLElement[]): void {
    this.#tell(undefined)
    this.#abort.hidden = !isRunning
    this.#progress.hidden = !isRunning
    for (const starter of starters) {
      if (starter instanceof HTMLButtonElement || starter instanceof HTMLInputElement) starter.disabled = isRunning
    }
  }
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  ABORTED: 'Aborted. The database is as it was.',
  BUSY: 'Something else is at work. Try again in a moment.',
  CORRUPT: 'That is no SQLite database, or it is damaged. Yours is as it was.',
  FULL: 'There is no room for it. The database is as it was.',
}

function describe(error: unknown): string {
  const code = isStoreError(error) ? error.code : 'UNKNOWN'
  return DESCRIPTIONS[code] ?? `It failed (${code}).`
}
