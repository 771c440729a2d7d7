// One maintainer at a time: eight processes at once, on connections of their own, behind a pooler, and mixed; one that is
// killed is followed by another.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isLeftOut } from '../../../../test/servers/is-left-out.ts'
import { fillTable, IS_VACUUMING, slowDown, until, VACUUMING } from './fill-table.ts'
import { type Lab, openLab } from './maintenance-lab.ts'

const CHILD = fileURLToPath(new URL('maintainer-child.ts', import.meta.url))
const LEASE_MS = 1500

interface Said {
  readonly pid: number
  readonly state: 'ready' | 'holding' | 'skipped' | 'done'
  readonly reason?: string
}

/** A process that maintains when it is told to. */
class Maintainer {
  readonly #child: ReturnType<typeof fork>
  readonly #said: Said[] = []
  #heard: () => void = () => undefined

  constructor() {
    this.#child = fork(CHILD, [String(LEASE_MS)], { stdio: 'inherit' })
    this.#child.on('message', (said: Said) => {
      this.#said.push(said)
      this.#heard()
    })
  }

  /** Maintains the database at `url`. */
  maintain(url: string): void {
    this.#child.send({ url })
  }

  finish(): void {
    this.#child.send({})
  }

  async next(): Promise<Said> {
    for (;;) {
      const said = this.#said.shift()
      if (said !== undefined) return said
      await new Promise<void>((resolve) => {
        this.#heard = resolve
      })
    }
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await gone
  }
}

/** Eight that wait to be told; one that was killed is replaced. */
const waiting: Maintainer[] = []

async function eight(): Promise<readonly Maintainer[]> {
  const started = Array.from({ length: 8 - waiting.length }, () => new Maintainer())
  waiting.push(...started)
  for (const one of started) expect((await one.next()).state).toBe('ready')
  return [...waiting]
}

beforeAll(eight, 120_000)
afterAll(() => Promise.all(waiting.map((one) => one.kill())))

async function eightAtOnce(lab: Lab, urls: readonly string[]): Promise<void> {
  const all = await eight()
  for (const [at, one] of all.entries()) one.maintain(urls[at] ?? '')
  const said = await Promise.all(all.map((one) => one.next()))
  const workers = said.filter(({ state }) => state === 'holding')
  expect(workers.length).toBe(1)
  const [worker] = workers
  for (const { state, reason } of said.filter((one) => one !== worker)) {
    expect(state).toBe('skipped')
    expect(reason).toContain(`process ${worker?.pid}`)
  }
  // Killed where it is, in the middle of its run.
  const at = said.indexOf(worker as Said)
  await all[at]?.kill()
  waiting.splice(at, 1)
  const nextAt = (at + 1) % all.length
  for (;;) {
    all[nextAt]?.maintain(urls[nextAt] ?? '')
    const answer = await all[nextAt]?.next()
    if (answer?.state === 'holding') break
    expect(answer?.reason).toContain(`process ${worker?.pid}`)
  }
  all[nextAt]?.finish()
  expect((await all[nextAt]?.next())?.state).toBe('done')
  expect((await lab.maintain({ steps: ['inspect'] })).skip).toBe(undefined)
}

const onPooler = it.skipIf(isLeftOut('pgbouncer'))

describe('one of eight processes works, seven say who does, and one that is killed is followed', {
  timeout: 60_000,
}, () => {
  it('each on a connection of its own', async () => {
    await using lab = await openLab('newest')
    await eightAtOnce(lab, Array(8).fill(lab.directUrl))
  })

  onPooler('all behind pgbouncer', async () => {
    await using lab = await openLab('pgbouncer')
    await eightAtOnce(lab, Array(8).fill(lab.url))
  })

  onPooler('some behind pgbouncer, some beside it', async () => {
    await using lab = await openLab('pgbouncer')
    const urls = [...Array(8).keys()].map((at) => (at % 2 === 0 ? lab.url : lab.directUrl))
    await eightAtOnce(lab, urls)
  })
})

describe('behind pgbouncer', () => {
  onPooler('tables are vacuumed and judged as on a connection of one’s own', async () => {
    await using lab = await openLab('pgbouncer')
    await fillTable(lab, 'bloated', 500)
    await fillTable(lab, 'locked', 500)
    const other = await lab.session()
    await other.query('BEGIN; LOCK TABLE locked IN SHARE UPDATE EXCLUSIVE MODE')
    const { steps } = await lab.maintain()
    expect(steps.inspect?.after?.pooled).toBe(true)
    expect(steps.vacuum?.tables?.map(({ name, status }) => `${name} ${status}`).sort()).toEqual([
      'public.bloated done',
      'public.locked blocked',
    ])
  })

  onPooler('no setting of ours stays with the connections of others', async () => {
    await using lab = await openLab('pgbouncer')
    await fillTable(lab, 'bloated', 500)
    await lab.maintain({ budgetLeftMs: () => 60_000 })
    const settings =
      await lab.sql(`SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database()
      AND application_name LIKE 'upkeep maintenance%'`)
    expect(settings.length).toBe(1)
    const { default: pg } = await import('pg')
    const client = new pg.Client({ connectionString: lab.url })
    await client.connect()
    const { rows } = await client.query(
      "SELECT current_setting('statement_timeout') AS a, current_setting('lock_timeout') AS b",
    )
    expect(rows).toEqual([{ a: '0', b: '0' }])
    await client.end()
  })

  onPooler('an abort ends the VACUUM that runs', async () => {
    await using lab = await openLab('pgbouncer')
    await fillTable(lab, 'slow', 20_000)
    await slowDown(lab)
    const controller = new AbortController()
    const running = lab.maintain({ signal: controller.signal, steps: ['vacuum'] })
    await until(lab, IS_VACUUMING)
    controller.abort()
    expect((await running).steps.vacuum?.status).toBe('aborted')
    expect(await lab.sql(`SELECT count(*)::int AS count FROM ${VACUUMING}`)).toEqual([{ count: 0 }])
  })
})

describe('a lease', () => {
  onPooler('that another one has taken ends the run that had it', async () => {
    await using lab = await openLab('pgbouncer')
    await fillTable(lab, 'slow', 20_000)
    await slowDown(lab)
    const running = lab.maintain({ steps: ['vacuum'] }, lab.parts({ leaseMs: 500 }))
    await until(lab, IS_VACUUMING)
    await lab.sql("UPDATE upkeep_maintenance SET value = 'stolen', holder = 'somebody' WHERE key = 'maintainer'")
    expect((await running).steps.vacuum).toMatchObject({ status: 'failed' })
    expect(await lab.sql("SELECT value FROM upkeep_maintenance WHERE key = 'maintainer'")).toEqual([
      { value: 'stolen' },
    ])
  })
})
