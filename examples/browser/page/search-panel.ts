/** The field, the results, and what is read out about them. */
import type { CitySearch, FoundCity, SearchResult } from './city-search.ts'
import { create, element, formatMs, formatNumber } from './dom.ts'

const countries = new Intl.DisplayNames('en', { type: 'region' })

/** What the panel is given. */
export interface SearchPanelParts {
  readonly search: CitySearch
  readonly onEdit: (city: FoundCity) => void
  readonly onError: (error: unknown) => void
}

export class SearchPanel {
  readonly #parts: SearchPanelParts
  readonly #field = element<HTMLInputElement>('search')
  readonly #status = element('search-status')
  readonly #results = element<HTMLUListElement>('results')

  constructor(parts: SearchPanelParts) {
    this.#parts = parts
    this.#field.addEventListener('input', () => void this.refresh())
  }

  focus(): void {
    this.#field.focus()
  }

  /** Moves the focus back to the button of a city, if it is still there. */
  focusCity(id: number): void {
    const button = this.#results.querySelector<HTMLButtonElement>(`button[data-id="${id}"]`)
    if (button === null) this.focus()
    else button.focus()
  }

  /** Searches anew for what is in the field. */
  async refresh(): Promise<void> {
    const text = this.#field.value.trim()
    this.#field.setAttribute('aria-busy', 'true')
    try {
      const result = await this.#parts.search.find(text)
      if (result === undefined) return
      this.#show(result, text)
      this.#field.removeAttribute('aria-busy')
    } catch (error) {
      this.#field.removeAttribute('aria-busy')
      this.#parts.onError(error)
    }
  }

  #show({ cities, total, durationMs }: SearchResult, text: string): void {
    const what = text === '' ? 'cities' : `cities for “${text}”`
    const shown = total > cities.length ? `, the ${cities.length} largest are shown` : ''
    const stopped = this.#parts.search.stoppedCount
    const note =
      stopped === 0 ? '' : ` ${formatNumber(stopped)} ${stopped === 1 ? 'search' : 'searches'} stopped so far.`
    this.#status.textContent = `${formatNumber(total)} ${what}${shown}, in ${formatMs(durationMs)}.${note}`
    this.#results.replaceChildren(...cities.map((city) => this.#row(city)))
  }

  #row(city: FoundCity): HTMLElement {
    const row = create('li', 'result')
    const button = create('button', 'edit', 'Edit') as HTMLButtonElement
    button.type = 'button'
    button.dataset.id = String(city.id)
    button.setAttribute('aria-label', `Edit ${city.name}, ${countryName(city.country)}`)
    button.addEventListener('click', () => this.#parts.onEdit(city))
    const text = create('span', 'city')
    text.append(create('span', 'name', city.name), create('span', 'country', countryName(city.country)))
    row.append(text, create('span', 'population', formatNumber(city.population)), button)
    return row
  }
}

function countryName(code: string): string {
  try {
    return countries.of(code) ?? code
  } catch {
    return code
  }
}
