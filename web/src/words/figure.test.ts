import { describe, expect, it } from 'vitest'
import { figureLine, figureOf } from './figure'

const alarm = { kind: 'level_high', severity: 'red' as const, value: 0.52, threshold: 0.5, unit: 'm' }

describe('the figure of an alarm', () => {
  it('is a level over a colour, and follows the water', () => {
    expect(figureLine(alarm)).toBe('0.52 m · 超红色 0.50')
    expect(figureOf(alarm, 0.41).said).toBe('已回到红色 0.50 以内')
  })

  it('is minutes for a silent station, never metres', () => {
    expect(figureLine({ ...alarm, kind: 'silent', value: 15.01, threshold: 15, severity: 'blue' })).toBe('15 分钟没有上报')
  })

  it('is millimetres for rain', () => {
    expect(figureLine({ ...alarm, kind: 'rain_signal', value: 56.34, threshold: 50, unit: 'mm', severity: 'orange' })).toBe('56.3 mm · 超橙色 50')
  })
})
