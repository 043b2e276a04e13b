import { describe, expect, it } from 'vitest'
import { draftOf, editOf, faultsOf, type Draft } from './form'

const good: Draft = {
  ...draftOf(null),
  code: '3307820051',
  name: '江滨路下穿',
  lon: '120.07',
  lat: '29.3',
  points: [{ id: null, quantity: 'depth', elements: '39, f5', min: '0', max: '5' }],
}
const free = () => false

describe('the station editor', () => {
  it('takes a sound station', () => {
    expect(faultsOf(good, free)).toEqual({})
    expect(editOf(good, null)).toMatchObject({ report_interval_s: 300, points: [{ elements: ['39', 'F5'], min: 0, max: 5 }] })
  })

  it('says what is wrong beside each field', () => {
    const bad = { ...good, code: '江滨 12', name: ' ', lon: '29.3', interval_min: '0', points: [{ ...good.points[0]!, min: '6', elements: ' ' }] }
    expect(faultsOf(bad, free)).toEqual({ code: 'code', name: 'needed', lon: 'lon', interval_min: 'interval', 'points.0.max': 'order', 'points.0.elements': 'elements' })
  })

  it('takes the names and codes of every protocol as they are written', () => {
    const plant = { ...good, code: 'NJGDKYYC202101q0001w0001', points: [{ ...good.points[0]!, quantity: 'cod' as const, elements: 'w01018-Rtd holding:5' }] }
    expect(faultsOf(plant, free)).toEqual({})
    expect(editOf(plant, null)).toMatchObject({ code: 'NJGDKYYC202101q0001w0001', points: [{ elements: ['w01018-Rtd', 'holding:5'] }] })
    const pushed = { id: 7, quantity: 'other', elements: ['cpu,host=a load', 'f4'], min: 0, max: 1, unit: '' }
    const known = { code: 'A', name: 'A', name_en: 'A', kind: 'pump', position: { lon: 120, lat: 29 }, report_interval_s: 60, ground_m: null, crown_m: null, points: [pushed] }
    const draft = draftOf(known as unknown as Parameters<typeof draftOf>[0])
    expect(editOf(draft, null).points[0]!.elements).toEqual(['cpu,host=a load', 'F4'])
  })

  it('refuses a code that is there already, and an element that feeds two points', () => {
    const twice = { ...good, points: [...good.points, { ...good.points[0]! }] }
    expect(faultsOf(twice, () => true)).toEqual({ code: 'twice', 'points.1.elements': 'twice' })
  })
})
