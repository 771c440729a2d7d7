/**
 * What the demo writes to the terminal: headings, lines, progress bars, tables.
 *
 * In a terminal a bar is drawn in place by cli-progress; anywhere else it becomes a plain line every two seconds and
 * one at its end. It does not decide what is shown.
 */
import { styleText } from 'node:util'
import { Presets, SingleBar } from 'cli-progress'
import Table from 'cli-table3'

const PLAIN_LINE_EVERY_MS = 2000
const NAME_WIDTH = 16

/** One bar under way. */
export interface ProgressBar {
  update(done: number, total: number): void
  /** Draws it for the last time. */
  finish(): void
}

/** What a bar shows besides its share. */
export interface BarOptions {
  readonly name: string
  readonly unit: string
  /** A live figure at its end. */
  readonly note: () => string
}

/** A cell is text, or text to be set off. */
export type Cell = string | { readonly text: string; readonly strong: true }

/** See the module. */
export class ConsoleDisplay {
  /** Where it writes: styles depend on what that is. */
  readonly output: NodeJS.WriteStream
  #bar: ProgressBar | undefined

  constructor(output: NodeJS.WriteStream) {
    this.output = output
  }

  /** Columns to draw in. */
  get width(): number {
    return Math.min(this.output.columns ?? 100, 110)
  }

  heading(text: string): void {
    this.line()
    this.line(styleText('bold', text, { stream: this.output }))
  }

  line(text = ''): void {
    this.#bar?.finish()
    this.output.write(`${text}\n`)
  }

  /** A line with a label, as used under headings. */
  fact(label: string, text: string): void {
    this.line(`  ${label.padEnd(NAME_WIDTH)}${text}`)
  }

  problem(text: string): void {
    this.line(styleText('red', `  ✗ ${text}`, { stream: this.output }))
  }

  success(text: string): void {
    this.line(styleText('green', `  ✓ ${text}`, { stream: this.output }))
  }

  /** By default the first column is set left, the others, being figures, right. */
  table(head: readonly string[], rows: readonly (readonly Cell[])[], alignment?: readonly ('left' | 'right')[]): void {
    const table = new Table({
      head: [...head],
      colAligns: head.map((_, index) => alignment?.[index] ?? (index === 0 ? 'left' : 'right')),
      chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
      style: { head: [], border: this.output.isTTY ? ['gray'] : [] },
    })
    for (const row of rows) table.push(row.map((cell) => this.#cell(cell)))
    this.line(table.toString().replaceAll(/^/gm, '  '))
  }

  /** Begins a bar; one that is still open is finished first. */
  startBar(options: BarOptions): ProgressBar {
    this.#bar?.finish()
    const bar = this.output.isTTY ? openLiveBar(this.output, options) : openPlainBar(this.output, options)
    const display = this
    this.#bar = {
      update: (done, total) => bar.update(done, total),
      finish() {
        if (display.#bar !== this) return
        display.#bar = undefined
        bar.finish()
      },
    }
    return this.#bar
  }

  #cell(cell: Cell): string {
    return typeof cell === 'string' ? cell : styleText('bold', cell.text, { stream: this.output })
  }
}

function openLiveBar(stream: NodeJS.WriteStream, { name, unit, note }: BarOptions): ProgressBar {
  const bar = new SingleBar(
    {
      stream,
      format: `  ${name.padEnd(NAME_WIDTH)}{bar} {percentage} %  {value} of {total} ${unit}  {note}`,
      formatValue: (value, _options, type) =>
        type === 'percentage' ? String(value).padStart(3) : value.toLocaleString('en'),
      barsize: 20,
      fps: 10,
      hideCursor: true,
      linewrap: false,
      gracefulExit: false,
      emptyOnZero: true,
    },
    Presets.shades_classic,
  )
  bar.start(0, 0, { note: '' })
  return {
    update: (done, total) => {
      bar.setTotal(total)
      bar.update(done, { note: note() })
    },
    finish: () => bar.stop(),
  }
}

function openPlainBar(output: NodeJS.WriteStream, { name, unit, note }: BarOptions): ProgressBar {
  let shownMs = performance.now()
  let text = ''
  const show = (): void => {
    if (text !== '') output.write(`  ${name.padEnd(NAME_WIDTH)}${text}  ${note()}\n`)
    shownMs = performance.now()
    text = ''
  }
  return {
    update: (done, total) => {
      const percent = total === 0 ? 100 : Math.floor((done / total) * 100)
      text = `${String(percent).padStart(3)} %  ${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${unit}`
      if (performance.now() - shownMs >= PLAIN_LINE_EVERY_MS) show()
    },
    finish: show,
  }
}
