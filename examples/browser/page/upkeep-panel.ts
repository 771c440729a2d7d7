/** Maintenance: all of it, with progress, and stopped at any moment. */
import { AbortableTask } from './abortable-task.ts'
import { create, element, formatMs } from './dom.ts'
import type { CityStore } from './open-cities.ts'

const STEP_TEXT: Readonly<Record<string, string>> = {
  inspect: 'Look',
  checkpoint: 'Copy the log',
  integrity: 'Check every page',
  reclaim: 'Give back free pages',
  vacuum: 'Rebuild the file',
  analyze: 'Statistics',
  finalCheckpoint: 'Empty the log',
  shrink: 'Empty the caches',
}

const STATUS_TEXT: Readonly<Record<string, string>> = {
  ok: 'Done',
  partial: 'Done in part',
  skipped: 'Nothing to do',
  failed: 'Failed',
}

export class UpkeepPanel {
  readonly #store: CityStore
  readonly #onDone: () => void
  readonly #task: AbortableTask
  readonly #button = element<HTMLButtonElement>('maintain')
  readonly #steps = element<HTMLUListElement>('maintain-steps')

  constructor(store: CityStore, onDone: () => void, onError: (error: unknown) => void) {
    this.#store = store
    this.#onDone = onDone
    const ids = { abort: 'maintain-abort', progress: 'maintain-progress', status: 'maintain-status' }
    this.#task = new AbortableTask(ids, onError)
    this.#button.addEventListener('click', () => void this.#maintain())
  }

  async #maintain(): Promise<void> {
    this.#steps.replaceChildren()
    await this.#task.run([this.#button], 'Maintenance is running.', async (signal, tell) => {
      const { outcome, durationMs, steps } = await this.#store.maintenance({
        mode: 'full',
        integrity: 'full',
        signal,
        // The rebuild is one step of SQLite's: how far it is nobody knows.
        onProgress: ({ step, done, total }) =>
          tell(
            total === undefined || done === 0 ? undefined : done / total,
            `${STEP_TEXT[step ?? ''] ?? step ?? 'Tasks'} …`,
          ),
      })
      const shown = steps.map(({ name, status, reason, durationMs: stepMs }) => {
        const row = create('li', `step ${status}`)
        const why = status === 'done' ? formatMs(stepMs) : `${status}${reason === undefined ? '' : `: ${reason}`}`
        row.append(create('span', 'name', STEP_TEXT[name] ?? name), create('span', 'why', why))
        return row
      })
      this.#steps.replaceChildren(...shown)
      return `${STATUS_TEXT[outcome] ?? outcome} in ${formatMs(durationMs)}.`
    })
    this.#onDone()
  }
}
