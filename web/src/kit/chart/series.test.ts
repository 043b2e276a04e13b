import { describe, expect, it } from 'vitest'
import { csvOf, doubtful, marksOf, nearest, rainTop, rangeOf, rowsOf, spread, withGaps, type ChartLine } from './series'

const line = (samples: ChartLine['samples']): ChartLine => ({ key: 'a', name: 'a', unit: 'm', quantity: 'depth', samples })

describe('a chart', () => {
  it('breaks the line where reports are missing', () => {
    const drawn = withGaps([[0, 1, 0, 1], [300_000, 1, 0, 1], [1_200_000, 2, 0, 1]], 300_000)
    expect(drawn.map((d) => d.value[1])).toEqual([1, 1, null, 2])
  })

  it('keeps a missing value as a gap', () => {
    expect(withGaps([[0, 1, 0, 1], [300_000, null, 2, 1]], 300_000).map((d) => d.value[1])).toEqual([1, null])
  })

  it('sets doubtful values apart, at the edge of the axis, and does not let them press the rest flat', () => {
    const samples: ChartLine['samples'] = [[0, 0.2, 0, 1], [300_000, 22, 1, 1], [600_000, 0.3, 0, 1]]
    expect(withGaps(samples, 300_000).map((d) => d.value[1])).toEqual([0.2, null, 0.3])
    const [lo, hi] = rangeOf([line(samples)], [0.5], false)
    expect(hi).toBeLessThan(1)
    expect(doubtful(samples, [lo, hi])).toEqual([[300_000, hi]])
  })

  it('sees every threshold, and leaves room for the rain', () => {
    const [lo, hi] = rangeOf([line([[0, 0.1, 0, 1]])], [0.15, 0.5], true)
    expect(lo).toBe(0)
    expect(hi).toBeCloseTo(0.69)
  })

  it('does not press a river at 60 metres flat', () => {
    const [lo, hi] = rangeOf([line([[0, 60.2, 0, 1], [1, 60.6, 0, 1]])], [61], false)
    expect(lo).toBeGreaterThan(60)
    expect(hi).toBeLessThan(61.2)
  })

  it('lets the highest bar take a third', () => {
    expect(rainTop([[0, 10], [1, null]])).toBe(32)
  })

  it('draws thresholds, ground and crown', () => {
    expect(marksOf({ blue: 1, red: 2 }, 3, null).map((m) => m.kind)).toEqual(['blue', 'red', 'ground'])
  })

  it('moves labels apart', () => {
    expect(spread([10, 12, 40], 14)).toEqual([10, 24, 40])
  })

  it('finds the value under the cursor', () => {
    const samples = [[0, 1, 0, 1], [10, 2, 0, 1], [20, 3, 0, 1]] as const
    expect(nearest(samples.map((s) => [...s]), 12, 5)?.[1]).toBe(2)
    expect(nearest(samples.map((s) => [...s]), 99, 5)).toBeNull()
  })

  it('writes one table row per moment', () => {
    const rows = rowsOf([line([[0, 1, 0, 1], [5, 2, 0, 1]])], [[5, 0.4]])
    expect(rows.map((r) => [r.at, r.rain, r.values[0]?.[1]])).toEqual([[5, 0.4, 2], [0, undefined, 1]])
    expect(csvOf(['a', 'b,c'], [[1, null]])).toBe('\uFEFFa,"b,c"\r\n1,\r\n')
  })
})
