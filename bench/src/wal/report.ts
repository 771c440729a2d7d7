/** The figures of the bench of the log and of memory as Markdown. */
import type { SaturationRequest, SaturationResult, ScanRequest, ScanResult } from './protocols.ts'

/** What was measured. */
export interface WalFigures {
  readonly machine: string
  readonly saturated: readonly (readonly [SaturationRequest, SaturationResult])[]
  readonly scans: readonly (readonly [ScanRequest, ScanResult])[]
}

const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 0)
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)

function row([request, { commits, walPeakBytes, backBelowMs, wasNamed }]: WalFigures['saturated'][number]): string {
  const { durability, checkpointer, walLimitBytes, readerMs } = request
  const reader = readerMs === 0 ? 'none' : `${readerMs / 1000} s, ${wasNamed ? 'named' : 'not named'}`
  return (
    `| ${durability} | ${checkpointer ? 'thread' : 'commits'} | ${mib(walLimitBytes)} | ${reader} | ${commits.count} | ${ms(commits.p50Ms)} | ` +
    `${ms(commits.p99Ms)} | ${ms(commits.maxMs)} | ${mib(walPeakBytes)} | ${backBelowMs === undefined ? '' : ms(backBelowMs)} |`
  )
}

function scanRow([{ isWarm }, result]: WalFigures['scans'][number]): string {
  const { peakBytes, afterMaintenanceBytes, heapBytes } = result
  const process = isWarm ? 'that was busy before' : 'just started'
  return `| ${process} | ${mib(peakBytes)} | ${mib(afterMaintenanceBytes)} | ${mib(heapBytes)} |`
}

/** All of it. */
export function formatWal({ machine, saturated, scans }: WalFigures): string {
  const [[request, result] = []] = scans
  const seconds = (saturated[0]?.[0].durationMs ?? 0) / 1000
  return [
    `## The log under a saturated writer, and memory`,
    '',
    `One row of 500 bytes after the other, each a transaction, for ${seconds} s. The log is looked at every 10 ms.`,
    '"Back" is from the end of the reader until the log was below its limit. Targets: p99 with the thread at most',
    '1 ms above that without, the log below its limit; back within 1 s, the reader named.',
    '',
    machine,
    '',
    '| durability | who copies the log | limit MiB | reader | commits | p50 ms | p99 ms | max ms | largest log MiB | back ms |',
    '|---|---|---:|---|---:|---:|---:|---:|---:|---:|',
    ...saturated.map(row),
    '',
    `A scan of ${mib(result?.fileSizeBytes ?? 0)} MiB with a budget of ${mib(request?.memoryBudgetBytes ?? 0)} MiB, by a stream and by an aggregate: what the process`,
    'takes more than before it, once the threads of the store have started. In a process that has just started V8 makes',
    'room for new objects meanwhile, and keeps it. Targets: 96 during, 32 after.',
    '',
    '| process | at most, MiB | 2 s after maintenance, MiB | of that the heap of V8, MiB |',
    '|---|---:|---:|---:|',
    ...scans.map(scanRow),
    '',
  ].join('\n')
}
