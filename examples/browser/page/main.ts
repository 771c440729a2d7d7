/** The page: opens its database, fills it the first time, and connects the panels to it. */
import { isStoreError } from '@upkeep/core'
import { CitySearch, type FoundCity } from './city-search.ts'
import { element, formatNumber } from './dom.ts'
import { EditDialog } from './edit-dialog.ts'
import { type CityStore, fillCities, openCities } from './open-cities.ts'
import { hideState, showState } from './page-state.ts'
import { SearchPanel } from './search-panel.ts'
import { StoragePanel } from './storage-panel.ts'
import { TransferPanel } from './transfer-panel.ts'
import { UpkeepPanel } from './upkeep-panel.ts'

void start()

async function start(): Promise<void> {
  hideState()
  element('loading').hidden = false
  let store: CityStore | undefined
  try {
    store = await openCities()
    await fillCities(store, tellLoading)
    showApp(store)
  } catch (error) {
    element('loading').hidden = true
    await store?.close({ maintenanceOnClose: false }).catch(() => undefined)
    const isOurs = isStoreError(error)
    showState(error, () => (isOurs ? void start() : location.reload()))
  }
}

function tellLoading(doneRows: number, totalRows: number): void {
  element('loading-title').textContent = 'Loading the cities'
  element('loading-text').textContent = `${formatNumber(doneRows)} of ${formatNumber(totalRows)}, once and for all.`
  element<HTMLProgressElement>('loading-progress').value = doneRows / totalRows
}

function showApp(store: CityStore): void {
  element('loading').hidden = true
  element('app').hidden = false
  const storage = new StoragePanel(store)
  const onError = (error: unknown): void => {
    if (isStoreError(error) && (error.code === 'ABORTED' || error.code === 'CORRUPT')) return
    const goOn = (): void => {
      hideState()
      search.focus()
      void refresh()
    }
    showState(error, goOn, 'Go on')
  }
  const refresh = async (): Promise<void> => {
    try {
      await Promise.all([search.refresh(), storage.refresh()])
    } catch (error) {
      onError(error)
    }
  }
  const closed = async (city: FoundCity, isSaved: boolean): Promise<void> => {
    if (isSaved) await refresh()
    search.focusCity(city.id)
  }
  const dialog = new EditDialog(store, (city, isSaved) => void closed(city, isSaved))
  const search = new SearchPanel({
    search: new CitySearch(store),
    onEdit: (city) => dialog.open(city),
    onError,
  })
  new UpkeepPanel(store, () => void refresh(), onError)
  new TransferPanel(store, () => void refresh(), onError)
  void refresh()
  search.focus()
}
