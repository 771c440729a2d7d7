/**
 * The chart of a run as an SVG text: every request as a dot, the slowest of each moment as a line, phases as bands.
 *
 * Scales and curves are d3's, which needs no DOM; the markup around them is written here. Latencies are on a logarithmic
 * scale: reads and aborted VACUUMs are four powers of ten apart.
 */
import { type ScaleLinear, type ScaleLogarithmic, scaleLinear, scaleLog } from 'd3-scale'
import { curveMonotoneX, line } from 'd3-shape'
import type { Mark } from './demo-run.ts'
import { formatMs } from './format.ts'
import type { Phase, RequestKind, Sample } from './latency-recorder.ts'
import { largestByWindow, type WindowPoint } from './latency-windows.ts'
import type { LagSample } from './loop-lag-monitor.ts'
import { element, text } from './svg-markup.ts'

/** All that is drawn. */
export interface LatencyChart {
  readonly samples: readonly Sample[]
  readonly lags: readonly LagSample[]
  readonly phases: readonly Phase[]
  readonly marks: readonly Mark[]
  readonly requestsPerSecond: number
}

interface Scales {
  readonly x: ScaleLinear<number, number>
  readonly y: ScaleLogarithmic<number, number>
}

const SIZE = { width: 1240, height: 640 }
const PLOT = { left: 78, right: SIZE.width - 28, top: 150, bottom: SIZE.height - 56 }
const FLOOR_MS = 0.01
const WINDOW_MS = 250
const COLORS: Readonly<Record<RequestKind | 'lag', string>> = { read: '#2563eb', write: '#c2410c', lag: '#6b7280' }
const BAND_COLORS = ['#f8fafc', '#eef2f7']
const BAND_ACCENTS: Readonly<Record<string, string>> = { maintenance: '#dcfce7', 'VACUUM, aborted': '#fee2e2' }

/** See the module. */
export function renderLatencyChart(chart: LatencyChart): string {
  const endMs = chart.phases.at(-1)?.endMs ?? 1
  const highestMs = chart.samples.reduce((highest, sample) => Math.max(highest, sample.latencyMs), 1)
  const scales: Scales = {
    x: scaleLinear([0, endMs], [PLOT.left, PLOT.right]),
    y: scaleLog([FLOOR_MS, Math.max(100, 10 ** Math.ceil(Math.log10(highestMs * 1.5)))], [PLOT.bottom, PLOT.top]),
  }
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${SIZE.width} ${SIZE.height}`,
      width: SIZE.width,
      height: SIZE.height,
      role: 'img',
      'font-family': 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif',
    },
    element('title', {}, 'Latency of live traffic on a store before, during and after its maintenance'),
    element('rect', { width: SIZE.width, height: SIZE.height, fill: '#ffffff' }),
    ...renderHead(chart),
    ...renderBands(chart.phases, scales),
    ...renderAxes(scales),
    ...renderCurves(chart, scales),
    ...renderMarks(chart.marks, scales),
  )
}

function renderHead({ requestsPerSecond }: LatencyChart): string[] {
  const legend = [
    { label: 'reads', color: COLORS.read, dot: true },
    { label: 'writes', color: COLORS.write, dot: true },
    { label: 'event-loop lag, worst', color: COLORS.lag, dot: false },
  ]
  let x = PLOT.left
  const entries = legend.flatMap(({ label, color, dot }) => {
    const at = x
    x += 52 + label.length * 7.4
    return [
      element('line', { x1: at, x2: at + 26, y1: 84, y2: 84, stroke: color, 'stroke-width': dot ? 2.5 : 1.5 }),
      ...(dot ? [element('circle', { cx: at + 13, cy: 84, r: 4, fill: color, 'fill-opacity': 0.55 })] : []),
      text(at + 33, 88, label, { 'font-size': 13, fill: '#1f2937' }),
    ]
  })
  return [
    text(PLOT.left, 34, 'Latency of live traffic', { 'font-size': 21, 'font-weight': 600, fill: '#111827' }),
    text(
      PLOT.left,
      58,
      `${requestsPerSecond} requests per second · a dot is one request, from when it was due to its answer · ` +
        `a line is the slowest of each quarter second`,
      { 'font-size': 13, fill: '#4b5563' },
    ),
    ...entries,
  ]
}

function renderBands(phases: readonly Phase[], { x }: Scales): string[] {
  const rowEnds = [0, 0, 0]
  const leaders: string[] = []
  const bands = phases.flatMap((phase, index) => {
    const left = x(phase.startMs)
    const width = Math.max(1, x(phase.endMs) - left)
    const labelWidth = phase.name.length * 7.8
    const center = Math.min(left + width / 2, PLOT.right - labelWidth / 2)
    const free = rowEnds.findIndex((end) => center - labelWidth / 2 > end + 10)
    const row = free === -1 ? rowEnds.length - 1 : free
    rowEnds[row] = center + labelWidth / 2
    const color = BAND_ACCENTS[phase.name] ?? BAND_COLORS[index % BAND_COLORS.length] ?? '#ffffff'
    if (row > 0) leaders.push(renderLeader(left + width / 2, row))
    return [
      element('rect', { x: left, y: PLOT.top, width, height: PLOT.bottom - PLOT.top, fill: color }),
      text(center, PLOT.top - 8 - row * 16, phase.name, {
        'font-size': 12.5,
        'font-weight': 600,
        'text-anchor': 'middle',
        fill: '#374151',
        // Keeps the leader of a label further up off this one.
        stroke: '#ffffff',
        'stroke-width': 5,
        'paint-order': 'stroke',
      }),
    ]
  })
  return [...leaders, ...bands]
}

/** A thin line from a raised label down to its band. */
function renderLeader(x: number, row: number): string {
  return element('line', { x1: x, x2: x, y1: PLOT.top - 5 - row * 16, y2: PLOT.top, stroke: '#9ca3af' })
}

function renderAxes({ x, y }: Scales): string[] {
  const powers = y.ticks().filter((tick) => Number.isInteger(Math.round(Math.log10(tick) * 1e6) / 1e6))
  const style = { 'font-size': 12.5, fill: '#4b5563' }
  return [
    ...powers.flatMap((tick) => [
      element('line', {
        x1: PLOT.left,
        x2: PLOT.right,
        y1: y(tick),
        y2: y(tick),
        stroke: '#cbd5e1',
        'stroke-width': 1,
      }),
      text(PLOT.left - 10, y(tick) + 4, formatTick(tick), { ...style, 'text-anchor': 'end' }),
    ]),
    ...x
      .ticks(12)
      .flatMap((tick) => [
        element('line', { x1: x(tick), x2: x(tick), y1: PLOT.bottom, y2: PLOT.bottom + 5, stroke: '#64748b' }),
        text(x(tick), PLOT.bottom + 20, `${tick / 1000}`, { ...style, 'text-anchor': 'middle' }),
      ]),
    element('line', { x1: PLOT.left, x2: PLOT.right, y1: PLOT.bottom, y2: PLOT.bottom, stroke: '#64748b' }),
    text((PLOT.left + PLOT.right) / 2, SIZE.height - 14, 'time since the start, in seconds', {
      ...style,
      'text-anchor': 'middle',
    }),
    text(0, 0, 'latency, logarithmic', {
      ...style,
      'text-anchor': 'middle',
      transform: `translate(20 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)`,
    }),
  ]
}

function renderCurves({ samples, lags, phases }: LatencyChart, { x, y }: Scales): string[] {
  const height = (valueMs: number): number => y(Math.max(FLOOR_MS, valueMs))
  const curve = line<WindowPoint>(
    (point) => x(point.atMs),
    (point) => height(point.valueMs),
  )
    .curve(curveMonotoneX)
    .digits(1)
  // Each phase has a curve of its own: nothing of one phase is drawn into the next.
  const worst = <T extends { readonly atMs: number }>(values: readonly T[], measure: (value: T) => number): string =>
    phases.map((phase) => curve(largestByWindow(values, measure, { ...phase, windowMs: WINDOW_MS })) ?? '').join('')
  const path = (d: string, stroke: string, width: number): string =>
    element('path', { d, fill: 'none', stroke, 'stroke-width': width, 'stroke-linecap': 'round' })
  const slowest = (kind: RequestKind): string =>
    worst(
      samples.filter((sample) => sample.kind === kind),
      (sample) => sample.latencyMs,
    )
  const dots = (kind: RequestKind): string => {
    const points = samples.filter((sample) => sample.kind === kind)
    const places = new Set(
      points.map((sample) => `M${x(sample.atMs).toFixed(1)} ${height(sample.latencyMs).toFixed(1)}h0`),
    )
    return element('path', {
      d: [...places].join(''),
      fill: 'none',
      stroke: COLORS[kind],
      'stroke-width': 3.2,
      'stroke-linecap': 'round',
      'stroke-opacity': 0.4,
    })
  }
  return [
    path(
      worst(lags, (lag) => lag.lagMs),
      COLORS.lag,
      1.5,
    ),
    dots('read'),
    dots('write'),
    path(slowest('read'), COLORS.read, 2),
    path(slowest('write'), COLORS.write, 2),
  ]
}

function renderMarks(marks: readonly Mark[], { x }: Scales): string[] {
  return marks.flatMap(({ atMs, label }) => [
    element('line', {
      x1: x(atMs),
      x2: x(atMs),
      y1: PLOT.top,
      y2: PLOT.bottom,
      stroke: '#b91c1c',
      'stroke-width': 1.5,
      'stroke-dasharray': '5 4',
    }),
    text(x(atMs) - 6, PLOT.bottom - 10, label, {
      'font-size': 12.5,
      'font-weight': 600,
      'text-anchor': 'end',
      fill: '#b91c1c',
    }),
  ])
}

function formatTick(ms: number): string {
  return ms < 1000 ? `${ms} ms` : formatMs(ms).replace('.0', '')
}
