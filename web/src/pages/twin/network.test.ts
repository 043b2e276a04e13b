import { describe, expect, it } from 'vitest'
import type { NetworkView, StormTwin, SupplyTwin, WhatIf } from '@/data/twin'
import { boundsOf, classOf, effectFeatures, fillLimits, find, floodedFeatures, linkClasses, linkFeatures } from './network'

const network: NetworkView = {
  node_names: ['A', 'B', 'C'],
  node_kinds: ['junction', 'junction', 'tank'],
  places: [[120, 29], [120.1, 29.1], null],
  link_names: ['AB', 'BC'],
  link_kinds: ['pipe', 'valve'],
  ends: [[0, 1], [1, 2]],
  size_m: [0.3, 0.2],
  zones: ['', '', ''],
}

describe('a network on the map', () => {
  it('puts a value into the class below the first limit it does not reach', () => {
    expect([0, 25, 60, 98, 100].map((v) => classOf(v, fillLimits))).toEqual([0, 1, 2, 3, 4])
  })

  it('colours a supply pipe by the lower pressure of its ends, and by flow whatever its direction', () => {
    const supply = { pressure_kpa: [350, 120, 400], flow_dl_s: [-300, 0] } as SupplyTwin
    expect(linkClasses(network, { supply }, 'now', 'pressure')).toEqual([0, 0])
    expect(linkClasses(network, { supply }, 'now', 'flow')).toEqual([2, 0])
  })

  it('colours a sewer by its fullness at the chosen moment', () => {
    const storm = { now: [10, 0], hour: [80, 0], two_hours: [100, 0] } as unknown as StormTwin
    expect((['now', 'hour', 'two_hours'] as const).map((m) => linkClasses(network, { storm }, m, 'flow')[0])).toEqual([0, 3, 4])
  })

  it('leaves out what has no place', () => {
    expect(linkFeatures(network, [0, 0], new Set()).features).toHaveLength(1)
    expect(boundsOf(network)).toEqual([120, 29, 120.1, 29.1])
  })

  it('shows foretold water on the ground only when the future is looked at', () => {
    const storm = { flooded: [{ node: 1, now_m: 0, most_m: 0.2 }] } as unknown as StormTwin
    expect(floodedFeatures(network, storm, 'now').features).toHaveLength(0)
    expect(floodedFeatures(network, storm, 'two_hours').features[0]?.properties?.label).toBe('0.20 m')
  })

  it('marks taps that fell below the limit by the trial, not those that were there before', () => {
    const effect = { least_mpa: 0.14, cut_off: [0], low: [{ node: 1, before_mpa: 0.1, after_mpa: 0.09 }], isolate: { close: [0], links: [], nodes: [], sources: [], cut_off: [], newly_low: 0 } } as unknown as WhatIf
    const { taps, links } = effectFeatures(network, effect)
    expect(taps.features.map((f) => f.properties?.what)).toEqual(['cut'])
    expect(links.features.map((f) => f.properties?.what)).toEqual(['close'])
  })

  it('finds whole names before beginnings, links before nodes', () => {
    expect(find(network, 'a')).toEqual({ kind: 'node', index: 0 })
    expect(find(network, 'ab')).toEqual({ kind: 'link', index: 0 })
    expect(find(network, 'b')).toEqual({ kind: 'node', index: 1 })
    expect(find(network, 'x')).toBeNull()
  })
})
