/** Changes a city, and notes the change, in one transaction. */
import { isStoreError } from '@upkeep/core'
import type { FoundCity } from './city-search.ts'
import { element } from './dom.ts'
import type { CityStore } from './open-cities.ts'

export class EditDialog {
  readonly #store: CityStore
  readonly #onClosed: (city: FoundCity, isSaved: boolean) => void
  readonly #dialog = element<HTMLDialogElement>('edit')
  readonly #name = element<HTMLInputElement>('edit-name')
  readonly #population = element<HTMLInputElement>('edit-population')
  readonly #error = element('edit-error')
  #city: FoundCity | undefined
  #isSaved = false

  constructor(store: CityStore, onClosed: (city: FoundCity, isSaved: boolean) => void) {
    this.#store = store
    this.#onClosed = onClosed
    element('edit-form').addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#save()
    })
    element('edit-cancel').addEventListener('click', () => this.#dialog.close())
    this.#dialog.addEventListener('close', () => {
      if (this.#city !== undefined) this.#onClosed(this.#city, this.#isSaved)
    })
  }

  open(city: FoundCity): void {
    this.#city = city
    this.#isSaved = false
    element('edit-title').textContent = `Edit ${city.name}`
    this.#name.value = city.name
    this.#population.value = String(city.population)
    this.#error.textContent = ''
    this.#dialog.showModal()
    this.#name.select()
  }

  async #save(): Promise<void> {
    const city = this.#city
    if (city === undefined) return
    const name = this.#name.value.trim()
    const population = this.#population.valueAsNumber
    const changedAt = new Date()
    try {
      await this.#store.transaction(async (tx) => {
        const changes = { name, population, modified_at: changedAt }
        await tx.updateTable('city').set(changes).where('id', '=', city.id).execute()
        const change = { city_id: city.id, changed_at: changedAt, note: 'edited' }
        const populations = { population_before: city.population, population_after: population }
        await tx
          .insertInto('city_change')
          .values({ ...change, ...populations })
          .execute()
      })
      this.#isSaved = true
      this.#dialog.close()
    } catch (error) {
      const code = isStoreError(error) ? error.code : 'UNKNOWN'
      this.#error.textContent = code === 'FULL' ? 'Not saved: the storage is full.' : `Not saved (${code}). Try again.`
    }
  }
}
