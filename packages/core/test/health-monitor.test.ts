// When health() looks: kept reports, one look at a time, its deadline, an engine that hangs, callers that give up, close.
// What it finds is in health-look.test.ts.
import { StoreError } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { createFakeHealth } from './support/fake-health.ts'
import { codeOf, track, turns } from './support/outcome.ts'

const statusOf = (report: { findings: readonly { code: string; status: string }[] }, code: string) =>
  report.findings.find((finding) => finding.code === code)?.status

describe('a report is good for a while', () => {
  it('for 5 s by default, and then no longer', async () => {
    const { monitor, clock, questions } = createFakeHealth()
    const first = await monitor.ask({})
    clock.advance(4999)
    expect(await monitor.ask({})).toBe(first)
    expect(questions.length).toBe(1)
    clock.advance(1)
    const second = await monitor.ask({})
    expect(second === first).toBe(false)
    expect(second.checkedAt.getTime() - first.checkedAt.getTime()).toBe(5000)
    expect(questions.length).toBe(2)
  })

  it('counted from its end: a look that took long is not over when it is told', async () => {
    const { monitor, clock, questions } = createFakeHealth({ cacheMs: 100 }, { answers: false })
    const asking = monitor.ask({})
    await turns()
    clock.advance(1000)
    questions[0]?.answer()
    const report = await asking
    expect(report.durationMs).toBe(1000)
    clock.advance(99)
    expect(await monitor.ask({})).toBe(report)
  })

  it('for as long as the option says; never with false', async () => {
    const short = createFakeHealth({ cacheMs: 10 })
    await short.monitor.ask({})
    short.clock.advance(10)
    await short.monitor.ask({})
    expect(short.questions.length).toBe(2)
    const none = createFakeHealth({ cacheMs: false })
    await none.monitor.ask({})
    await none.monitor.ask({})
    expect(none.questions.length).toBe(2)
  })

  it('a wall clock that is set back keeps it no longer', async () => {
    const { monitor, clock, questions } = createFakeHealth()
    await monitor.ask({})
    clock.now = () => new Date(0)
    clock.advance(5000)
    expect((await monitor.ask({})).checkedAt).toEqual(new Date(0))
    expect(questions.length).toBe(2)
  })

  it('fresh looks anew, and others are told what it found', async () => {
    const { monitor, questions } = createFakeHealth()
    const first = await monitor.ask({})
    const fresh = await monitor.ask({ fresh: true })
    expect(fresh === first).toBe(false)
    expect(await monitor.ask({})).toBe(fresh)
    expect(await monitor.ask({ fresh: false })).toBe(fresh)
    expect(questions.length).toBe(2)
  })

  it('nobody can change it', async () => {
    const { monitor } = createFakeHealth()
    const report = await monitor.ask({})
    expect([report, report.findings, ...report.findings].every(Object.isFrozen)).toBe(true)
    const before = report.checkedAt.getTime()
    report.checkedAt.setTime(0)
    expect((await monitor.ask({})).checkedAt.getTime()).toBe(before)
  })
})

describe('one look at a time', () => {
  it('1000 who ask at once get one', async () => {
    const { monitor, questions } = createFakeHealth({ cacheMs: false })
    const reports = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => monitor.ask({ fresh: index % 2 === 0 })),
    )
    expect(new Set(reports).size).toBe(1)
    expect(questions.length).toBe(1)
  })

  it('who comes while it is under way joins, fresh or not', async () => {
    const { monitor, questions } = createFakeHealth({}, { answers: false })
    const first = monitor.ask({})
    await turns()
    const second = monitor.ask({ fresh: true })
    const third = monitor.ask({})
    await turns()
    questions[0]?.answer()
    expect(await second).toBe(await first)
    expect(await third).toBe(await first)
    expect(questions.length).toBe(1)
  })

  it('who gives up ends his own waiting, and no look', async () => {
    const { monitor, clock, questions } = createFakeHealth({}, { answers: false })
    const controller = new AbortController()
    const aborted = codeOf(() => monitor.ask({ signal: controller.signal }))
    const late = codeOf(() => monitor.ask({ timeoutMs: 100 }))
    const patient = track(monitor.ask({}))
    await turns()
    controller.abort(new Error('enough'))
    clock.advance(100)
    expect([await aborted, await late]).toEqual(['ABORTED', 'TIMEOUT'])
    expect([patient.settled, questions[0]?.signal?.aborted]).toEqual([false, false])
    questions[0]?.answer()
    expect((await patient.promise).status).toBe('pass')
    expect(questions.length).toBe(1)
    expect(clock.pendingMs).toEqual([])
  })

  it('also when nobody waits any more', async () => {
    const { monitor, clock, questions } = createFakeHealth({}, { answers: false })
    expect(
      await Promise.all([codeOf(() => monitor.ask({ timeoutMs: 1 })), turns().then(() => clock.advance(1))]),
    ).toEqual(['TIMEOUT', undefined])
    questions[0]?.answer()
    await turns()
    expect((await monitor.ask({})).status).toBe('pass')
    expect(questions.length).toBe(1)
  })

  it('a signal that is aborted already asks nothing', async () => {
    const { monitor, questions } = createFakeHealth()
    expect(await codeOf(() => monitor.ask({ signal: AbortSignal.abort() }))).toBe('ABORTED')
    expect(questions.length).toBe(0)
    await monitor.ask({})
    expect(await codeOf(() => monitor.ask({ signal: AbortSignal.abort() }))).toBe('ABORTED')
  })

  it('fresh is true or false', async () => {
    const { monitor } = createFakeHealth()
    expect(await codeOf(() => monitor.ask({ fresh: 1 as never }))).toBe('INVALID_ARGUMENT')
  })
})

describe('a look has a deadline of its own', () => {
  it('past it the database does not answer, and the engine is told to stop', async () => {
    const { monitor, clock, questions } = createFakeHealth({ timeoutMs: 300 }, { answers: false })
    const asking = monitor.ask({})
    await turns()
    clock.advance(299)
    expect(questions[0]?.signal?.aborted).toBe(false)
    clock.advance(1)
    const report = await asking
    expect(questions[0]?.signal?.aborted).toBe(true)
    expect(report).toMatchObject({ status: 'fail', durationMs: 300 })
    expect(report.findings[0]).toMatchObject({ code: 'reachable', status: 'fail', limit: 300 })
    expect(clock.pendingMs).toEqual([])
  })

  it('an engine that stops when it is told is asked again', async () => {
    const { monitor, clock, questions } = createFakeHealth({ timeoutMs: 300 }, { answers: false })
    const asking = monitor.ask({})
    await turns()
    clock.advance(300)
    questions[0]?.fail(questions[0].signal?.reason)
    expect((await asking).status).toBe('fail')
    await turns()
    const again = monitor.ask({ fresh: true })
    await turns()
    questions[1]?.answer()
    expect((await again).status).toBe('pass')
  })

  it('one that hangs is left behind: it fails at once, is not asked again, and tells when it is back', async () => {
    const fake = createFakeHealth({ timeoutMs: 300, cacheMs: 50 }, { answers: false })
    const { monitor, clock, questions } = fake
    const asking = monitor.ask({})
    await turns()
    clock.advance(300)
    const failed = await asking
    expect(await monitor.ask({})).toBe(failed)
    fake.oldestMs = 90_000
    for (const ctx of [{ fresh: true }, {}]) {
      clock.advance(50)
      const stuck = await monitor.ask(ctx)
      expect(stuck.checkedAt.getTime() > failed.checkedAt.getTime()).toBe(true)
      expect([statusOf(stuck, 'reachable'), statusOf(stuck, 'oldest_operation')]).toEqual(['fail', 'warn'])
    }
    expect(questions.length).toBe(1)
    questions[0]?.answer()
    await turns()
    const again = monitor.ask({ fresh: true })
    await turns()
    questions[1]?.answer()
    expect(statusOf(await again, 'reachable')).toBe('pass')
    expect([questions.length, fake.attached.size]).toEqual([2, 0])
  })

  it('what an engine throws is a report with its code, and nothing is kept from the next', async () => {
    for (const [error, code] of [
      [new StoreError('CORRUPT', 'secret', { operation: 'health' }), 'CORRUPT'],
      [new Error('secret'), 'UNKNOWN'],
    ] as const) {
      const { monitor, questions } = createFakeHealth({}, { answers: false })
      const asking = monitor.ask({})
      await turns()
      questions[0]?.fail(error)
      const { status, findings } = await asking
      expect(status).toBe('fail')
      expect(findings[0]?.text).toMatch(code)
      expect(JSON.stringify(findings)).not.toMatch('secret')
    }
  })
})

describe('close', () => {
  it('ends a look under way: all who wait are told CLOSED, and close waits until the engine is done', async () => {
    const { monitor, attached, clock, questions } = createFakeHealth({}, { answers: false })
    const codes = [codeOf(() => monitor.ask({})), codeOf(() => monitor.ask({ fresh: true }))]
    await turns()
    expect(attached.size).toBe(1)
    const [attachment] = attached
    const stopping = track(Promise.resolve(attachment?.stop({ signal: new AbortController().signal })))
    expect(await Promise.all(codes)).toEqual(['CLOSED', 'CLOSED'])
    await turns()
    expect([questions[0]?.signal?.aborted, stopping.settled]).toEqual([true, false])
    questions[0]?.fail(new Error('stopped'))
    await stopping.promise
    expect([attached.size, clock.pendingMs]).toEqual([0, []])
  })

  it('has nothing to stop while nobody looks', async () => {
    const { monitor, attached } = createFakeHealth()
    await monitor.ask({})
    await turns()
    expect(attached.size).toBe(0)
  })
})
