/**
 * What is logged and reported: by which level, and that it holds no secret. Lines and reports are searched for one that
 * stands in rows, in an application's own errors and in the reason of its signals.
 *
 * What the application has made itself is its own: it is the cause, or the error of a task's report, and nowhere else.
 */
import { createMaintenanceService, json } from '@upkeep/core'
import { createGate, turns } from '../suite/gate.ts'
import { keepingLogger } from '../suite/keeping-logger.ts'
import { findPlanted, PLANTED_BYTES, PLANTED_NUMBER, PLANTED_TEXT } from '../suite/planted.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

/** Of errors and reports: what the application has thrown. */
const OWN = ['cause', 'error'] as const

const PERSON = { id: 1, name: PLANTED_TEXT, age: PLANTED_NUMBER }

const throwPlanted = (): never => {
  throw Object.assign(new Error(PLANTED_TEXT), { name: PLANTED_TEXT, detail: PLANTED_TEXT })
}

function warningCount(lines: readonly (readonly unknown[])[]): number {
  return lines.filter(([level]) => level === 'warn').length
}

export const logging: Topic = ({ describe, expect, expectCode, test }) => {
  describe('what an application throws', () => {
    test('onBegin: it is the cause, and nowhere else', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.open({ logger })
      const error = await expectCode(store.maintenance({ onBegin: throwPlanted }), 'UNKNOWN')
      expect(error.cause).toMatchObject({ message: PLANTED_TEXT })
      expect(findPlanted([error, lines], OWN)).toEqual([])
    })

    test('a callback that throws or rejects is told by a word', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.open({ logger })
      for (const onProgress of [throwPlanted, async () => throwPlanted()]) {
        const before = warningCount(lines)
        const report = await store.maintenance({ mode: 'full', onProgress })
        await turns()
        expect(warningCount(lines) > before).toBe(true)
        expect(findPlanted([report, lines])).toEqual([])
      }
    })

    test('who hears of slow queries and throws is told by a word', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.openWith(['person'], { logger, slowQueries: { thresholdMs: 0, onSlowQuery: throwPlanted } })
      await store.db.insertInto('person').values(PERSON).execute()
      await turns()
      expect(warningCount(lines) > 0).toBe(true)
      expect(findPlanted(lines)).toEqual([])
    })

    test('a migration: it is the cause, and nowhere else', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.open({ logger })
      const provider = { getMigrations: async () => ({ '001': { up: throwPlanted } }) }
      const error = await expectCode(store.migrate(provider), 'UNKNOWN')
      expect(findPlanted([error, lines], OWN)).toEqual([])
    })

    test('what a maintenance service hears: a task that fails, and an onRun that throws', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.open({ logger })
      const tasks = [{ name: 'throws', run: throwPlanted }]
      const service = createMaintenanceService({ store, tasks, logger, onRun: throwPlanted })
      const report = await service.runNow()
      await turns()
      expect(service.stats().lastError?.code).toBe('UNKNOWN')
      expect(warningCount(lines) > 1).toBe(true)
      expect(findPlanted([report, service.stats(), lines], OWN)).toEqual([])
    })

    test('a task: it is the error of its report, and nowhere else', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.open({ logger })
      const report = await store.maintenance({
        tasks: [
          { name: 'throws', run: throwPlanted },
          { name: 'rejects', run: async () => throwPlanted() },
          { name: 'throws a text', run: () => Promise.reject(PLANTED_TEXT) },
        ],
      })
      expect(report.tasks.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed'])
      expect(findPlanted(report).length > 0).toBe(true)
      expect(findPlanted([report, lines], OWN)).toEqual([])
    })

    test('the reason of a signal is the cause, and nowhere else', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.openWith(['person'], { logger })
      const signal = AbortSignal.abort(new Error(PLANTED_TEXT))
      for (const outcome of [
        store.db.selectFrom('person').selectAll().execute({ signal }),
        store.transaction(async () => undefined, { signal }),
        store.withConnection(async () => undefined, { signal }),
        store.maintenance({ signal }),
        store.health({ signal }),
      ]) {
        const error = await expectCode(outcome, 'ABORTED')
        expect(error.cause).toBe(signal.reason)
        expect(findPlanted(error, OWN)).toEqual([])
      }
      await store.close({ signal })
      expect(findPlanted(lines)).toEqual([])
    })

    test('an attachment that does not stop: the close is not clean, and says nothing of it', async (t) => {
      const { logger, lines } = keepingLogger()
      const store = await t.open({ logger })
      store.attach({ stop: throwPlanted })
      const report = await store.close()
      expect(report.clean).toBe(false)
      expect(warningCount(lines)).toBe(2)
      expect(findPlanted([report, lines])).toEqual([])
    })
  })

  test('a close that cuts work short: neither its error nor its line tells what was at work', async (t) => {
    const { logger, lines } = keepingLogger()
    const store = await t.openWith(['person'], { logger })
    const begun = createGate()
    const outcome = rejectionOf(
      store.transaction(async (tx) => {
        await tx.insertInto('person').values(PERSON).execute()
        begun.open()
        await createGate().opened
      }),
    )
    await begun.opened
    const report = await store.close({ drainMs: 0 })
    expect(report.clean).toBe(false)
    expect(warningCount(lines)).toBe(1)
    expect(findPlanted([await outcome, report, lines])).toEqual([])
  })

  test('reports and counters of a store that is full of it', async (t) => {
    const { logger, lines } = keepingLogger()
    const store = await t.openWith(['person', 'sample'], { logger })
    await store.db.insertInto('person').values(PERSON).execute()
    await store.db
      .insertInto('sample')
      .values({ id: 1, doc: json({ [PLANTED_TEXT]: PLANTED_TEXT }), data: PLANTED_BYTES } as never)
      .execute()
    const told = [await store.health(), await store.maintenance({ mode: 'full' }), store.stats(), await store.close()]
    // Opened, maintained, maintained at the close, closed: nothing that anybody has to look at.
    expect(lines.map(([level]) => level)).toEqual(['debug', 'debug', 'debug', 'debug'])
    expect(findPlanted([told, lines])).toEqual([])
  })

  test('the location has no credentials', async (t) => {
    const store = await t.open()
    expect(/:\/\/[^/]*@|password=/i.test(store.location)).toBe(false)
  })

  test('a logger that throws breaks nothing', async (t) => {
    const throwing = (): never => throwPlanted()
    const logger = { debug: throwing, info: throwing, warn: throwing, error: throwing }
    const store = await t.openWith(['person'], { logger })
    await store.db.insertInto('person').values(PERSON).execute()
    const report = await store.maintenance({ mode: 'light', onProgress: throwPlanted })
    expect(report.outcome).toBe('ok')
    store.attach({ stop: throwPlanted })
    expect((await store.close()).clean).toBe(false)
    expect(store.status).toBe('closed')
  })
}
