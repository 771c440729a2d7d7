/** Findings and reports of `health()` as values: how one is judged, and what many come to. It looks at nothing. */
import type { HealthFinding, HealthReport } from '../contract/health.ts'
import { freezeReport } from '../values/freeze-report.ts'

const SEVERITY = { pass: 0, warn: 1, fail: 2 } as const

/** A finding that is `warn` above `limit`. Without a `value` there was nothing to measure, which is no reason to warn. */
export function warnAbove(code: string, text: string, value: number | undefined, limit: number): HealthFinding {
  return { code, status: value !== undefined && value > limit ? 'warn' : 'pass', text, value, limit }
}

/** A report that nobody can change: all who ask within a while are given the same one. */
export function createHealthReport(
  checkedAt: Date,
  durationMs: number,
  findings: readonly HealthFinding[],
): HealthReport {
  const status = findings.reduce<HealthReport['status']>(
    (worst, finding) => (SEVERITY[finding.status] > SEVERITY[worst] ? finding.status : worst),
    'pass',
  )
  return freezeReport({
    status,
    checkedAt,
    durationMs,
    findings: Object.freeze(findings.map((finding) => Object.freeze({ ...finding }))),
  })
}
