// Looks at the files of a database in OPFS from outside. The pool gives them names of its own; which file it is stands in
// its first bytes.

/** What comes before the file itself. Source: opfs-sahpool's own layout */
const HEADER_BYTES = 4096
const MAX_PATH_BYTES = 512

interface Folder {
  getDirectoryHandle(name: string): Promise<Folder>
  removeEntry(name: string, options: { readonly recursive: boolean }): Promise<void>
  values(): AsyncIterable<{ readonly kind: string; getFile(): Promise<Blob> }>
}

/** In bytes; 0 where there is none. */
export async function opfsFileSize(database: string, path: string): Promise<number> {
  const folder = await (await (await root()).getDirectoryHandle(database)).getDirectoryHandle('.opaque')
  for await (const entry of folder.values()) {
    const file = await entry.getFile()
    const [name] = (await file.slice(0, MAX_PATH_BYTES).text()).split('\0')
    if (name === path) return Math.max(0, file.size - HEADER_BYTES)
  }
  return 0
}

export async function dropOpfs(database: string): Promise<void> {
  const removed = root().then((folder) => folder.removeEntry(database, { recursive: true }))
  await removed.catch((error: Error) => {
    // Nothing was opened, or nothing could be.
    if (error.name !== 'NotFoundError') throw error
  })
}

async function root(): Promise<Folder> {
  const { storage } = navigator as unknown as { storage: { getDirectory(): Promise<Folder> } }
  return (await storage.getDirectory()).getDirectoryHandle('.upkeep')
}
