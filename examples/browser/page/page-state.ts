/**
 * What is in the way, told so that one knows what to do: another tab has the database, this browser cannot keep one, its
 * storage is full. Three states, three ways out.
 */
import { isStoreError } from '@upkeep/core'
import { element } from './dom.ts'

interface PageState {
  readonly name: string
  readonly title: string
  readonly text: string
  readonly action: string
}

const STATES: Readonly<Record<string, PageState>> = {
  BUSY: {
    name: 'busy',
    title: 'Open in another tab',
    text: 'One tab at a time has the database. Close the other one, or go on there; then try again here.',
    action: 'Try again',
  },
  UNSUPPORTED: {
    name: 'unavailable',
    title: 'No storage here',
    text: 'This browser gives the page no place for a database: a private window, an old browser, or a page without https. Open it in an ordinary window of a current browser.',
    action: 'Try again',
  },
  FULL: {
    name: 'full',
    title: 'The storage is full',
    text: 'The browser gives this page no more room. Nothing that was saved is lost. Free space on the device, or remove data of this site that you do not need; maintenance gives back what the database itself does not use.',
    action: 'Try again',
  },
}

const OTHER: PageState = {
  name: 'failed',
  title: 'Something went wrong',
  text: 'The database could not be used. Reloading the page may help.',
  action: 'Reload',
}

/** Shows it, and reads it out; `onAction` is what its button does, and says unless the state does. */
export function showState(error: unknown, onAction: () => void, actionText?: string): void {
  const code = isStoreError(error) ? error.code : 'UNKNOWN'
  const { name, title, text, action } = STATES[code] ?? OTHER
  const section = element('state')
  section.dataset.state = name
  element('state-title').textContent = title
  element('state-text').textContent = text
  element('state-detail').textContent = isStoreError(error) ? `${code}: ${error.message}` : String(error)
  const button = element<HTMLButtonElement>('state-action')
  button.textContent = actionText ?? action
  button.onclick = onAction
  section.hidden = false
  section.focus()
}

export function hideState(): void {
  element('state').hidden = true
}
