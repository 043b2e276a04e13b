import { describe, expect, it } from 'vitest'
import { sliceOf } from './window'

describe('a long list', () => {
  it('draws only what is in sight, whatever its length', () => {
    const slice = sliceOf(10_000, 76, 380_000, 900)
    expect(slice.end - slice.first).toBeLessThan(40)
    expect(slice.first * 76).toBe(slice.before)
    expect(slice.before + (slice.end - slice.first) * 76 + slice.after).toBe(760_000)
  })
  it('keeps its height with an opened card before, in and after what is seen', () => {
    for (const open of [0, 5000, 5003, 9999]) {
      const s = sliceOf(10_000, 76, 380_000, 900, open, 600)
      const card = open >= s.first && open < s.end ? 600 : 0
      expect(s.before + (s.end - s.first) * 76 + card + s.after).toBe(760_600)
      expect(s.before).toBeLessThanOrEqual(380_000)
    }
  })
  it('is whole when it is short', () => {
    expect(sliceOf(3, 76, 0, 900)).toEqual({ first: 0, end: 3, before: 0, after: 0 })
    expect(sliceOf(0, 76, 0, 900)).toEqual({ first: 0, end: 0, before: 0, after: 0 })
  })
})
