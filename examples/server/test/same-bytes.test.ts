import { describe, expect, it } from 'vitest'
import { LOCATIONS } from './support/locations.ts'
import { idOf, startServer } from './support/running-server.ts'

const [A = '', B = '', C = ''] = [1, 2, 3].map(idOf)

/** Every route, every kind of value, and what is refused. */
const REQUESTS: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ['GET', '/notes'],
  ['PUT', `/notes/${B}`, { title: 'Äpfel', body: 'from the Garden\n"50 %"', price: '9.50', tags: ['fruit', 'ÖKO'] }],
  ['PUT', `/notes/${A}`, { title: 'Water', due_at: '2026-02-03T04:05:06.789Z', done: true }],
  ['PUT', `/notes/${A}`, { title: 'Water the plants', due_at: '2026-02-03T04:05:06.007Z', price: '10' }],
  ['PUT', `/notes/${C}`, { title: '50_percent', body: 'a\\b', price: '0.1000' }],
  ['GET', `/notes/${A}`],
  ['GET', `/notes/${A}/changes`],
  ['GET', '/notes?limit=2'],
  ['GET', `/notes?after=${B}`],
  ['GET', '/search?q=äpfel'],
  ['GET', '/search?q=GARDEN%20öko'],
  ['GET', '/search?q=garden'],
  ['GET', '/search?q=50%20%25'],
  ['GET', '/search?q=50_'],
  ['GET', '/search?q=a%5Cb'],
  ['GET', "/search?q=';drop%20table%20note;--"],
  ['GET', '/export'],
  ['DELETE', `/notes/${C}`],
  ['DELETE', `/notes/${C}`],
  ['GET', `/notes/${C}`],
  ['PUT', `/notes/${C}`, { title: 'back again' }],
  ['GET', `/notes/${C}/changes`],
  ['PUT', `/notes/${A}`, { title: '' }],
  ['PUT', `/notes/${A}`, { title: 'x', price: 9.5 }],
  ['PUT', `/notes/${A}`, { title: 'x', colour: 'red' }],
  ['PUT', `/notes/${A}`, '{'],
  ['PUT', '/notes/17', { title: 'x' }],
  ['GET', '/notes?limit=0'],
  ['POST', '/notes'],
  ['GET', '/'],
  ['GET', '/notes'],
]

async function answersOf(location: string): Promise<string[]> {
  const { url, remove } = await (LOCATIONS[location] as () => ReturnType<(typeof LOCATIONS)[string]>)()
  try {
    const server = await startServer(url)
    const answers: string[] = []
    for (const [method, path, body] of REQUESTS) {
      const { status, text } = await server.request(method, path, body)
      answers.push(`${method} ${path} ${status} ${text}`)
    }
    expect(await server.terminate()).toMatchObject({ code: 0 })
    return answers
  } finally {
    await remove()
  }
}

// Each database is a process of its own, which takes its time to start where many do.
describe('the same requests', { timeout: 60_000 }, () => {
  it('are answered by the same bytes on every database', async () => {
    const [first = '', ...others] = Object.keys(LOCATIONS)
    const expected = await answersOf(first)
    for (const other of others) expect(await answersOf(other), other).toEqual(expected)
  })

  it('are answered as they should be', async () => {
    const note = { title: 'Water the plants', body: '', done: false, price: '10' }
    const answers = await answersOf('sqlite memory')
    expect(answers).toContain(
      `GET /notes/${A} 200 ${JSON.stringify({ id: A, ...note, due_at: '2026-02-03T04:05:06.007Z', tags: [], revision: 2 })}\n`,
    )
    expect(answers).toContain(`GET /notes/${A}/changes 200 [{"revision":1},{"revision":2}]\n`)
    expect(answers).toContain(
      `GET /search?q=50_ 200 ${answers.find((one) => one.startsWith(`PUT /notes/${C} 201`))?.replace(/^.* 201 (.*)\n$/s, '[$1]')}\n`,
    )
    expect(answers.filter((one) => one.startsWith(`DELETE /notes/${C}`)).map((one) => one.split(' ')[2])).toEqual([
      '204',
      '404',
    ])
  })
})
