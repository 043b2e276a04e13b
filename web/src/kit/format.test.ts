import { beforeEach, describe, expect, it } from 'vitest'
import { language } from '@/words'
import { distanceText, fixed, percent, signed, unitText, valueText } from './number'
import { ageText, dayText, fullTime, spanText, timeText } from './time'

beforeEach(() => {
  language.value = 'zh'
})

describe('numbers', () => {
  it('never shows NaN, null or a machine minus', () => {
    for (const bad of [null, undefined, NaN, Infinity]) expect(valueText(bad, 'level')).toBe('—')
    expect(fixed(-0.08, 2)).toBe('−0.08')
    expect(fixed(-0.001, 2)).toBe('0.00')
  })
  it('takes the decimals from the quantity', () => {
    expect(valueText(0.524, 'depth')).toBe('0.52')
    expect(valueText(42.46, 'rain')).toBe('42.5')
    expect(valueText(2, 'pumps_running')).toBe('2')
    expect(valueText(123.4, 'flow')).toBe('123')
    expect(valueText(0.01234, 'flow')).toBe('0.0123')
  })
  it('says which way a level goes', () => {
    expect([signed(0.06), signed(-0.06), signed(0), signed(0.001)]).toEqual(['+0.06', '−0.06', '0.00', '0.00'])
  })
  it('writes units, distances and shares as people do', () => {
    expect(unitText('m3/s')).toBe('m³/s')
    expect([distanceText(421), distanceText(1320)]).toEqual(['420 m', '1.3 km'])
    expect(percent(0.987, 1)).toBe('98.7 %')
  })
})

describe('times', () => {
  const now = Date.parse('2021-06-30T21:47:05+08:00')
  it('are in Beijing time, shorter the nearer', () => {
    expect(timeText('2021-06-30T13:40:00Z', now)).toBe('21:40:00')
    expect(timeText('2021-06-29T21:40:00+08:00', now)).toBe('06-29 21:40')
    expect(timeText('2020-06-29T21:40:00+08:00', now)).toBe('2020-06-29 21:40')
    expect(timeText(null, now)).toBe('—')
    expect(timeText('nonsense', now)).toBe('—')
    expect(fullTime(now)).toBe('2021-06-30 21:47:05')
  })
  it('change their day at midnight in Beijing, not in Greenwich', () => {
    expect(dayText(Date.parse('2021-06-30T16:30:00Z'))).toContain('7月1日')
  })
  it('tell ages in words of the language', () => {
    const ago = (s: number) => ageText(now - s * 1000, now)
    expect([ago(2), ago(42), ago(185), ago(7300), ago(200_000)]).toEqual(['刚刚', '42 秒前', '3 分钟前', '2 小时前', '2 天前'])
    expect(ageText(now + 600_000, now)).toBe('还有 10 分钟')
    language.value = 'en'
    expect([ago(2), ago(185)]).toEqual(['just now', '3 min ago'])
  })
  it('tell spans', () => {
    expect([spanText(38_000), spanText(252_000), spanText(7_500_000), spanText(null)]).toEqual(['38 秒', '4 分 12 秒', '2 小时 5 分', '—'])
  })
})
