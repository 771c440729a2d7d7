/**
 * Writes one section of docs/benchmarks.md and leaves the others: each bench owns the lines between its two markers.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const DOCUMENT_PATH = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md')

const HEAD = `# Benchmarks

Written by \`pnpm bench\`, \`pnpm bench:maintenance\`, \`pnpm bench:retention\`, \`pnpm bench:wal\`, \`pnpm
bench:abort\`, \`pnpm bench:watchdog\` and \`pnpm bench:postgres\`; edit the bench, not this file. How it is measured is
said in each section. Figures of one machine say little about another; ratios travel better than times.
`

/** The sections, in their order. */
const SECTIONS = ['queries', 'maintenance', 'retention', 'wal', 'abort', 'watchdog', 'postgres'] as const

/** Which bench writes. */
export type SectionName = (typeof SECTIONS)[number]

function readSection(document: string, name: SectionName): string {
  const [, section = ''] = new RegExp(`<!-- ${name} -->\\n([^]*?)<!-- /${name} -->`).exec(document) ?? []
  return section
}

/** Replaces the section; makes the document if there is none. */
export function writeSection(name: SectionName, markdown: string): void {
  const old = existsSync(DOCUMENT_PATH) ? readFileSync(DOCUMENT_PATH, 'utf8') : ''
  const sections = SECTIONS.map((section) => {
    const text = section === name ? `${markdown.trim()}\n` : readSection(old, section)
    return `<!-- ${section} -->\n${text}<!-- /${section} -->\n`
  })
  mkdirSync(dirname(DOCUMENT_PATH), { recursive: true })
  writeFileSync(DOCUMENT_PATH, [HEAD, ...sections].join('\n'))
}
