/** How figures are written in everything the demo shows: counts, sizes, times. */

const COUNT = new Intl.NumberFormat('en')

/** `135,233` */
export function formatCount(value: number): string {
  return COUNT.format(value)
}

/** `106.2 MB`; decimal units, as disks are sold. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`
  return `${(bytes / 1e9).toFixed(2)} GB`
}

/** `0.08 ms`, `12.3 ms`, `340 ms`, `1.4 s`: as many digits as mean something. */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return '–'
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 100) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${ms.toFixed(0)} ms`
  return `${(ms / 1000).toFixed(1)} s`
}

/** `50 %` */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`
}
