/** How much of its quota the page has used, and what `health()` says. */
import { create, element, formatBytes } from './dom.ts'
import type { CityStore } from './open-cities.ts'

export class StoragePanel {
  readonly #store: CityStore
  readonly #meter = element<HTMLMeterElement>('quota')
  readonly #text = element('quota-text')
  readonly #facts = element<HTMLDListElement>('facts')

  constructor(store: CityStore) {
    this.#store = store
  }

  async refresh(): Promise<void> {
    const { usage = 0, quota = 0 } = await navigator.storage.estimate()
    const { status, findings } = await this.#store.health({ fresh: true })
    const value = (code: string): number | undefined => findings.find((finding) => finding.code === code)?.value
    const noted = findings
      .filter((finding) => finding.status !== 'pass' && finding.code !== 'storage_persistent')
      .map(({ code }) => code.replaceAll('_', ' '))
    const ratio = quota === 0 ? 0 : usage / quota
    this.#meter.value = ratio
    this.#text.textContent = `${formatBytes(usage)} of ${formatBytes(quota)} used`
    const free = value('freelist')
    const log = value('wal_size')
    this.#facts.replaceChildren(
      ...fact('Health', noted.length === 0 ? 'good' : `${status}: ${noted.join(', ')}`),
      ...fact('Kept by the browser', value('storage_persistent') === 1 ? 'yes' : 'as long as there is room'),
      ...fact('Free pages', free === undefined ? 'unknown' : `${(free * 100).toFixed(1)} %`),
      ...fact('Write-ahead log', log === undefined ? 'unknown' : formatBytes(log)),
    )
  }
}

function fact(name: string, value: string): HTMLElement[] {
  return [create('dt', '', name), create('dd', '', value)]
}
