import { describe, expect, it } from 'vitest'
import type { StreetsTwin } from '@/data/twin'
import { streetFeatures } from './streets'

describe('water on the streets', () => {
  it('draws deep water over shallow, and the worst of two hours when the future is looked at', () => {
    const ring = [[[[120, 29], [120.1, 29], [120.1, 29.1], [120, 29]]]]
    const extent = (...depths: number[]) => ({ volume_m3: 1, area_m2: 1, deepest_m: 1, bands: depths.map((depth_m) => ({ depth_m, polygons: ring })) })
    const street = { station: 'R', node: 1, now: extent(0.05), most: extent(0.05, 0.27) }
    const streets: StreetsTwin = { minute: '', horizon_min: 120, computed: 2, streets: [street, { ...street, station: 'S' }] }
    const depths = (moment: 'now' | 'most') => streetFeatures(streets, moment).features.map((f) => f.properties?.depth)
    expect(depths('now')).toEqual([0.05, 0.05])
    expect(depths('most')).toEqual([0.05, 0.05, 0.27, 0.27])
    expect(streetFeatures(undefined, 'now').features).toEqual([])
  })
})
