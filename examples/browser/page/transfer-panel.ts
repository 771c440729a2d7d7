/** The database as a download, and one that the user has picked in its place. */
import { exportDatabase, importDatabase } from '@upkeep/sqlite-wasm'
import { cityMigrations } from '../../demo/src/migrations.ts'
import { AbortableTask } from './abortable-task.ts'
import { element, formatBytes, formatMs } from './dom.ts'
import type { CityStore } from './open-cities.ts'

/** Long enough for a browser to have begun the download. */
const KEEP_URL_MS = 60_000

export class TransferPanel {
  readonly #store: CityStore
  readonly #onDone: () => void
  readonly #task: AbortableTask
  readonly #export = element<HTMLButtonElement>('export')
  readonly #import = element<HTMLInputElement>('import')

  constructor(store: CityStore, onDone: () => void, onError: (error: unknown) => void) {
    this.#store = store
    this.#onDone = onDone
    const ids = { abort: 'transfer-abort', progress: 'transfer-progress', status: 'transfer-status' }
    this.#task = new AbortableTask(ids, onError)
    this.#export.addEventListener('click', () => void this.#exportFile())
    this.#import.addEventListener('change', () => void this.#importFile())
  }

  async #exportFile(): Promise<void> {
    await this.#task.run([this.#export, this.#import], 'The database is being exported.', async (signal, tell) => {
      const file = await exportDatabase(this.#store, {
        signal,
        onProgress: ({ doneBytes, totalBytes }) => tell(doneBytes / totalBytes),
      })
      download(file, 'cities.sqlite')
      return `Exported: ${formatBytes(file.size)}.`
    })
  }

  async #importFile(): Promise<void> {
    const file = this.#import.files?.[0]
    // The same file can be picked again.
    this.#import.value = ''
    if (file === undefined) return
    await this.#task.run([this.#import, this.#export], `${file.name} is being imported.`, async (signal, tell) => {
      const { sizeBytes, durationMs } = await importDatabase(this.#store, file, {
        signal,
        onProgress: ({ step, doneBytes, totalBytes }) => tell(step === 'copy' ? doneBytes / totalBytes : undefined),
      })
      // It may be of an older version of this page, or of something else.
      await this.#store.migrate(cityMigrations, { signal })
      return `Imported: ${formatBytes(sizeBytes)} in ${formatMs(durationMs)}.`
    })
    this.#onDone()
  }
}

function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), KEEP_URL_MS)
}
