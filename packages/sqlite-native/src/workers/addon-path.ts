/** Which file of better-sqlite3's addon this thread has loaded, so that others load the same. */
import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'

/** As soon as a database was opened; `undefined` where it cannot be told, and a thread looks for it as this one did. */
export function loadedAddonPath(): string | undefined {
  const require = createRequire(import.meta.url)
  const driver = `${dirname(dirname(require.resolve('better-sqlite3')))}${sep}`
  const isAddon = (path: string): boolean => path.endsWith('.node') && path.startsWith(driver)
  return Object.keys(require.cache).find(isAddon)
}
