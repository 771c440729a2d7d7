/**
 * The chart of a run for the terminal: the slowest read and write of each column, with the phases named underneath.
 *
 * Coarse on purpose: a column is some hundred milliseconds. The SVG has every request.
 */
import { styleText } from 'node:util'
import plot, { type SingleLine } from 'simple-ascii-chart'
import { formatMs } from './format.ts'
import type { LatencyChart } from './latency-chart.ts'
import type { Phase, RequestKind } from './latency-recorder.ts'
import { largestByWindow } from './latency-windows.ts'

const HEIGHT = 11
/** What is left for labels, axis and margin. */
const LABEL_WIDTH = 12
const MARGIN = '  '
/** Powers of ten of a millisecond that are drawn at least. */
const MIN_RANGE = { low: -1, high: 2 }

/** What the terminal can do. */
export interface TerminalFormat {
  /** Columns to draw in. */
  readonly width: number
  /** For `styleText`: whether colours are wanted depends on it. */
  readonly stream: NodeJS.WriteStream
}

/** See the module. */
export function renderTerminalChart({ samples, phases }: LatencyChart, { width, stream }: TerminalFormat): string {
  const columns = width - LABEL_WIDTH
  const endMs = phases.at(-1)?.endMs ?? 1
  const range = { startMs: 0, endMs, windowMs: endMs / columns }
  const pointsOf = (kind: RequestKind): SingleLine => {
    const ofKind = samples.filter((sample) => sample.kind === kind)
    return largestByWindow(ofKind, (sample) => sample.latencyMs, range).map(({ atMs, valueMs }) => [
      atMs,
      Math.max(-2, Math.log10(valueMs)),
    ])
  }
  const reads = pointsOf('read')
  const writes = pointsOf('write')
  if (reads.length === 0 || writes.length === 0) return '  (too short a run for a chart)'
  const powers = [...reads, ...writes].map(([, power]) => power)
  const low = Math.min(MIN_RANGE.low, Math.floor(Math.min(...powers)))
  const high = Math.max(MIN_RANGE.high, Math.ceil(Math.max(...powers)))
  const symbols: Readonly<Record<RequestKind, string>> = {
    read: styleText('blue', '·', { stream }),
    write: styleText('yellow', '●', { stream }),
  }
  // The library hands every point to the formatter without its series, so writes are told by their place.
  const writePlaces = new Set(writes.map((point) => point.join()))
  const chart = plot([reads, writes], {
    width: columns,
    height: HEIGHT,
    yRange: [low, high],
    hideXAxisTicks: true,
    customYAxisTicks: Array.from({ length: high - low + 1 }, (_, index) => low + index),
    formatter: (value, { axis }) => (axis === 'y' ? formatPower(value) : value),
    lineFormatter: ({ x, y, plotX, plotY }) => ({
      x: plotX,
      y: plotY,
      symbol: symbols[writePlaces.has(`${x},${y}`) ? 'write' : 'read'],
    }),
  })
  const lines = chart.split('\n').filter((line) => line.trim() !== '')
  const axisColumn = lines.at(-1)?.indexOf('└') ?? 0
  return [
    ...lines,
    `${' '.repeat(axisColumn)}${renderRuler(phases, endMs, columns)}`,
    '',
    phases.map(({ name }, index) => `${index + 1} ${name}`).join('   '),
    `Slowest request of each column: ${symbols.read} reads, ${symbols.write} writes`,
  ]
    .map((line) => `${MARGIN}${line}`.trimEnd())
    .join('\n')
}

/** One line with the number of each phase under its columns. */
function renderRuler(phases: readonly Phase[], endMs: number, columns: number): string {
  let ruler = ''
  for (const [index, phase] of phases.entries()) {
    const start = Math.max(ruler.length, Math.round((phase.startMs / endMs) * columns))
    const end = Math.max(start + 2, Math.round((phase.endMs / endMs) * columns))
    const full = `${index + 1} ${phase.name}`
    const label = full.length + 2 <= end - start ? ` ${full}` : `${index + 1}`
    ruler = `${ruler.padEnd(start)}│${label.slice(0, end - start - 1).padEnd(end - start - 1)}`
  }
  return `${ruler}│`
}

function formatPower(power: number): string {
  return formatMs(10 ** power).replace(/\.0+(?= )|(?<=\.\d)0+(?= )/, '')
}
