import { describe, expect, it } from 'vitest'
import { largest, median, quantile, sum, summarizeLatencies } from '../src/statistics.ts'

describe('statistics', () => {
  it('interpolates between the values a quantile falls between', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(quantile([10, 20, 30], 0.25)).toBe(15)
    expect(median([5])).toBe(5)
  })

  it('leaves the order of what it is given alone', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })

  it('says NaN of nothing, so that an empty measurement cannot look like a fast one', () => {
    expect(median([])).toBeNaN()
    expect(largest([])).toBeNaN()
    expect(summarizeLatencies([])).toMatchObject({ count: 0, p50Ms: Number.NaN, maxMs: Number.NaN })
  })

  it('counts every value in a sum, so that rare slow calls weigh in a mean', () => {
    expect(sum([1, 1, 1, 97])).toBe(100)
    expect(largest([1, 97, 1])).toBe(97)
  })
})
