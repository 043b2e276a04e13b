import { describe, expect, it } from 'vitest'
import { byDesk, deskOf } from './alarms'
import { applyAlarm, applyOrder, alarms } from './live'
import type { AlarmState, AlarmView, OrderView } from './types'
import { worstByStation } from '@/map/stations'

const person = { id: 1, name: '王建国', name_en: 'Wang Jianguo', mobile: null }
function alarm(id: number, state: AlarmState, risk: number, also: Partial<AlarmView> = {}): AlarmView {
  const station = { code: '3307820001', name: '江滨路下穿', name_en: 'Jiangbin underpass', kind: 'ponding' as const, position: { lon: 120, lat: 29 } }
  const at = '2021-06-30T21:00:00+08:00'
  return {
    id, rule: 1, kind: 'level_high', station, block: { id: 37, code: '037', name: '037', name_en: '037', town: '稠城街道', town_en: 'Choucheng', town_code: '330782001' },
    point: { id: 1, quantity: 'depth', unit: 'm' }, state, severity: 'red', peak: 'red', evidence: { value: 0.5, threshold: 0.5, samples: [] },
    raised_at: at, changed_at: at, acknowledged: null, returned_at: null, closed_at: null, shelf: null, suppressed: false, risk,
    now: null, trend_per_10min: null, order: null, ...also,
  }
}

describe('what needs the dispatcher', () => {
  it('is what nobody has taken, also when it has already gone', () => {
    expect(deskOf(alarm(1, 'raised', 1))).toBe('needs')
    expect(deskOf(alarm(1, 'returned_unacknowledged', 1))).toBe('needs')
    expect(deskOf(alarm(1, 'acknowledged', 1))).toBe('underway')
  })
  it('is also what only waits to be closed', () => {
    expect(deskOf(alarm(1, 'returned', 1, { order: { id: 1, state: 'handled', assignee: person } }))).toBe('needs')
    expect(deskOf(alarm(1, 'returned', 1, { order: { id: 1, state: 'arrived', assignee: person } }))).toBe('underway')
  })
  it('is never on the shelf or under maintenance', () => {
    expect(deskOf(alarm(1, 'raised', 1, { shelf: { by: person, reason: 'x', until: '' } }))).toBe('shelved')
    expect(deskOf(alarm(1, 'raised', 1, { suppressed: true }))).toBe('shelved')
  })
  it('stands by risk, then newest first, then by number', () => {
    const later = '2021-06-30T21:05:00+08:00'
    const { needs } = byDesk([alarm(1, 'raised', 5), alarm(2, 'raised', 9), alarm(4, 'raised', 5), alarm(3, 'raised', 5, { raised_at: later }), alarm(5, 'closed', 99)])
    expect(needs.map((a) => a.id)).toEqual([2, 3, 1, 4])
  })
  it('puts what nobody has taken before what only waits to be closed', () => {
    const done = alarm(1, 'returned', 90, { order: { id: 1, state: 'handled', assignee: person } })
    expect(byDesk([done, alarm(2, 'raised', 10)]).needs.map((a) => a.id)).toEqual([2, 1])
  })
  it('sorts ten thousand in the blink of an eye', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => alarm(i, i % 3 ? 'raised' : 'acknowledged', (i * 7919) % 1000))
    const { needs, underway } = byDesk(many)
    expect(needs.length + underway.length).toBe(10_000)
    expect(needs.every((a, i) => i === 0 || (needs[i - 1]?.risk ?? 0) >= a.risk)).toBe(true)
  })
})

describe('live alarms', () => {
  it('never go back to an older state, whatever order events come in', () => {
    alarms.value = new Map()
    const newer = alarm(1, 'acknowledged', 1, { changed_at: '2021-06-30T21:02:00+08:00' })
    applyAlarm(newer)
    applyAlarm(alarm(1, 'raised', 1, { changed_at: '2021-06-30T21:01:00+08:00' }))
    expect(alarms.value.get(1)?.state).toBe('acknowledged')
  })
  it('leave the screen when they are closed', () => {
    alarms.value = new Map([[1, alarm(1, 'returned', 1)]])
    applyAlarm(alarm(1, 'closed', 1))
    expect(alarms.value.size).toBe(0)
  })
  it('follow their order', () => {
    alarms.value = new Map([[1, alarm(1, 'raised', 1)]])
    applyOrder({ id: 9, state: 'accepted', assignee: person, alarms: [{ id: 1 }], changed_at: '2021-06-30T21:02:00+08:00' } as OrderView)
    expect(alarms.value.get(1)?.order).toMatchObject({ id: 9, state: 'accepted' })
  })
  it('show one mark a station: the riskiest that still calls', () => {
    const shelf = { by: person, reason: 'x', until: '' }
    const worst = worstByStation([alarm(1, 'raised', 5), alarm(2, 'raised', 9, { shelf }), alarm(3, 'raised', 7)])
    expect(worst.get('3307820001')?.id).toBe(3)
  })
})
