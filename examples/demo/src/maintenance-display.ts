/**
 * Shows maintenance: its progress as bars, one for each step that has something to count, and its report as a table.
 */
import type { MaintenanceMeasures, MaintenanceProgress, MaintenanceReport } from '@upkeep/core'
import type { ConsoleDisplay, ProgressBar } from './console-display.ts'
import { formatBytes, formatCount, formatMs } from './format.ts'

/** An `onProgress` that draws on `display`; `note` is the live figure at the end of each bar. */
export function createProgressHandler(
  display: ConsoleDisplay,
  note: () => string,
): (progress: MaintenanceProgress) => void {
  let current: { readonly name: string; readonly bar: ProgressBar } | undefined
  return ({ step, task, done, total, unit }) => {
    // A step that is there or not has nothing to count.
    if (total === undefined || total <= 1) return
    const [size, shownUnit] = unit === 'bytes' ? [1e6, 'MB'] : [1, unit]
    const name = step ?? task ?? 'maintenance'
    if (current?.name !== name) current = { name, bar: display.startBar({ name, unit: shownUnit, note }) }
    current.bar.update(Math.round(done / size), Math.round(total / size))
  }
}

/** The steps of a report with what each changed. */
export function showReport(display: ConsoleDisplay, report: MaintenanceReport): void {
  const rows = report.steps.map((step) => [
    step.name,
    step.status,
    step.status === 'skipped' ? '' : formatMs(step.durationMs),
    step.reason ?? describeChanges(step.before, step.after),
  ])
  display.table(['step', 'status', 'time', 'what changed, or why not'], rows, ['left', 'left', 'right', 'left'])
  if (report.reason !== undefined) display.fact('Reason', report.reason)
}

/** Of the machine or of no interest here. */
const NOT_SHOWN = new Set(['freeDiskBytes', 'freeTempBytes', 'identity', 'pageSizeBytes', 'autoVacuum'])

function describeChanges(before: MaintenanceMeasures = {}, after: MaintenanceMeasures = {}): string {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys
    .filter((key) => before[key] !== after[key] && !NOT_SHOWN.has(key))
    .map((key) => {
      const values = [before[key], after[key]].filter((value) => value !== undefined)
      return `${nameOf(key)} ${values.map((value) => formatMeasure(key, value)).join(' → ')}`
    })
    .join('\n')
}

/** `walSizeBytes` is `wal size`: the unit stands beside the figure. */
function nameOf(key: string): string {
  return key.replace(/(Bytes|Ms)$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function formatMeasure(key: string, value: number | string | boolean): string {
  if (typeof value !== 'number') return String(value)
  if (key.endsWith('Bytes')) return formatBytes(value)
  if (key.endsWith('Ms')) return formatMs(value)
  return formatCount(value)
}
