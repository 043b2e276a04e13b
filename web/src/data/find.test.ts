import { describe, expect, it } from 'vitest'
import { find, searchables } from './find'
import { queryOf } from './http'
import { initials } from './pinyin'
import { withSample } from './series'
import type { StationView } from './types'

const station = (code: string, name: string, name_en: string) =>
  ({ code, name, name_en, block: { name: '稠城区块037', name_en: 'Choucheng 037' } }) as StationView
const all = searchables(
  [station('3307820001', '江滨路下穿', 'Jiangbin Road underpass'), station('3307820002', '江滨路东', 'Jiangbin Road east')],
  [{ id: 37, code: '037', name: '稠城区块', name_en: 'Choucheng', town: '稠城街道', town_en: 'Choucheng', town_code: '330782001' }],
  [{ id: 1, name: '王建国', name_en: 'Wang Jianguo', mobile: '13900000000' }],
  [],
)

describe('search', () => {
  it('knows the first letters of the pinyin', () => {
    expect(initials('江滨路下穿')).toBe('jblxc')
    expect(initials('义乌佛堂赤岸廿三里')).toBe('ywftcansl')
    expect(initials('A1站')).toBe('a1z')
  })
  it('finds by name, English name, code, number and initials', () => {
    const first = (typed: string) => find(all, typed)[0]?.id
    expect([first('下穿'), first('underpass'), first('3307820002'), first('jblx'), first('wjg'), first('037'), first('13900')]).toEqual(['3307820001', '3307820001', '3307820002', '3307820001', '1', '37', '1'])
  })
  it('puts what begins so before what only holds it', () => {
    expect(find(all, '江').map((f) => f.kind)).toEqual(['station', 'station'])
    expect(find(all, '  ')).toEqual([])
  })
})

describe('samples', () => {
  it('that come late are put where they belong, corrections replace', () => {
    const series = withSample(withSample([[1, 1, 0, 1], [3, 3, 0, 3]], [2, 2, 0, 2]), [3, 9, 0, 4])
    expect(series.map((s) => s[1])).toEqual([1, 2, 9])
  })
})

describe('addresses', () => {
  it('leave out what is not given', () => {
    expect(queryOf({ open: true, cursor: null, severity: '', limit: 0 })).toBe('?open=true&limit=0')
    expect(queryOf({})).toBe('')
  })
})
