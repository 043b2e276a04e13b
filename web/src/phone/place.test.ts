import { describe, expect, it } from 'vitest'
import { distanceM, driveMin, paperFor } from './place'

describe('the small map of the phone', () => {
  it('measures a thousandth of a degree of latitude as 111 metres', () => {
    expect(distanceM({ lon: 120, lat: 29.3 }, { lon: 120, lat: 29.301 })).toBeCloseTo(111.2, 1)
  })

  it('draws both ends inside the paper, north up', () => {
    const spot = { lon: 120.07, lat: 29.31 }
    const me = { lon: 120.05, lat: 29.3 }
    const paper = paperFor([spot, me], 390, 248)
    const [x, y] = paper.at([spot.lon, spot.lat])
    const [u, v] = paper.at([me.lon, me.lat])
    for (const n of [x, u]) expect(n > 0 && n < 390).toBe(true)
    for (const n of [y, v]) expect(n > 0 && n < 248).toBe(true)
    expect(x).toBeGreaterThan(u)
    expect(y).toBeLessThan(v)
  })

  it('says at least a minute', () => {
    expect(driveMin(10)).toBe(1)
    expect(driveMin(1300)).toBe(4)
  })
})
