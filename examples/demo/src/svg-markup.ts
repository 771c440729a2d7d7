/** Writes SVG markup as text, escaped. It knows elements and attributes and nothing of charts. */

/** Values of attributes by name. */
export type Attributes = Readonly<Record<string, string | number>>

/** An element around `children`, which are markup already. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(shorten(value))}"`)
  const start = `<${name}${list.join('')}`
  return children.length === 0 ? `${start}/>` : `${start}>${children.join('\n')}</${name}>`
}

/** A line of text at a place. */
export function text(x: number, y: number, content: string, attributes: Attributes): string {
  return element('text', { x, y, ...attributes }, escapeXml(content))
}

function shorten(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : value
}

function escapeXml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
