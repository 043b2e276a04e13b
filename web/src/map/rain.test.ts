import { describe, expect, it } from 'vitest'
import { cellsOf, inRing, rainClass, rainOf } from './rain'
import type { Ring } from '@/data/types'

const square: Ring = [[120, 29], [120.1, 29], [120.1, 29.1], [120, 29.1], [120, 29]]
const gauges = [{ lon: 120.02, lat: 29.02 }, { lon: 120.08, lat: 29.08 }]

describe('the rain surface', () => {
  it('covers the service area and nothing else', () => {
    const cells = cellsOf([square], gauges)
    expect(cells.length).toBeGreaterThan(80)
    expect(inRing([120.05, 29.05], square)).toBe(true)
    expect(inRing([120.15, 29.05], square)).toBe(false)
  })
  it('stays between the gauges and meets them where they stand', () => {
    const cells = cellsOf([square], gauges)
    const values = cells.map((c) => rainOf(c, [10, 50]) ?? -1)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(10)
    expect(Math.max(...values)).toBeLessThanOrEqual(50)
    expect(Math.max(...values)).toBeGreaterThan(48)
  })
  it('leaves a gauge without a value to its neighbours, and is silent without any', () => {
    const [cell] = cellsOf([square], gauges)
    expect(cell && rainOf(cell, [null, 50])).toBeCloseTo(50, 6)
    expect(cell && rainOf(cell, [null, null])).toBeNull()
  })
  it('is classed by the national limits', () => {
    expect([0, 0.1, 9.9, 10, 25, 50, 100, 250].map((mm) => rainClass(mm, 'h24'))).toEqual([0, 1, 1, 2, 3, 4, 5, 6])
  })
})
