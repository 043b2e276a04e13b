// 管网上图: a network and its state as map features: pure, so that it can be tested.
import type { FeatureCollection } from 'geojson'
import type { NetworkView, StormTwin, SupplyTwin, WhatIf } from '@/data/twin'

/** When the storm sewers are looked at. */
export type Moment = 'now' | 'hour' | 'two_hours'
/** What the supply network is coloured by. */
export type Aspect = 'pressure' | 'flow'

/** Upper limits of the classes; the last class has none. */
export const fillLimits = [25, 50, 75, 99] as const
export const pressureLimits = [140, 200, 300, 400] as const
export const flowLimits = [5, 20, 50, 150] as const

/** The class of a value, from 0. */
export function classOf(value: number, limits: readonly number[]): number {
  const at = limits.findIndex((limit) => value < limit)
  return at < 0 ? limits.length : at
}

/** One object of the network. */
export interface Pick {
  kind: 'node' | 'link'
  index: number
}

const none: FeatureCollection = { type: 'FeatureCollection', features: [] }

/** What each link is coloured by: fullness in percent, pressure in kPa or flow in L/s. */
export function linkClasses(network: NetworkView, state: { storm?: StormTwin; supply?: SupplyTwin }, moment: Moment, aspect: Aspect): number[] {
  const { storm, supply } = state
  return network.ends.map(([from, to], link) => {
    if (storm) return classOf(storm[moment][link] ?? 0, fillLimits)
    if (!supply) return 0
    if (aspect === 'flow') return classOf(Math.abs(supply.flow_dl_s[link] ?? 0) / 10, flowLimits)
    return classOf(Math.min(supply.pressure_kpa[from] ?? 0, supply.pressure_kpa[to] ?? 0), pressureLimits)
  })
}

/** The links as lines; those without a place for both ends are left out. */
export function linkFeatures(network: NetworkView, classes: readonly number[], closed: ReadonlySet<number>): FeatureCollection {
  const features: FeatureCollection['features'] = []
  network.ends.forEach(([from, to], index) => {
    const [a, b] = [network.places[from], network.places[to]]
    if (!a || !b) return
    const properties = { index, class: classes[index] ?? 0, size: network.size_m[index] ?? 0, kind: network.link_kinds[index], closed: closed.has(index) }
    features.push({ type: 'Feature', properties, geometry: { type: 'LineString', coordinates: [a, b] } })
  })
  return { type: 'FeatureCollection', features }
}

/** Pumps and valves, as signs in the middle of their link. */
export function deviceFeatures(network: NetworkView, closed: ReadonlySet<number>): FeatureCollection {
  const features: FeatureCollection['features'] = []
  network.ends.forEach(([from, to], index) => {
    const kind = network.link_kinds[index]
    const [a, b] = [network.places[from], network.places[to]]
    if (!a || !b || !(kind === 'pump' || kind === 'valve' || kind === 'weir' || kind === 'orifice')) return
    const place = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]
    features.push({ type: 'Feature', properties: { index, kind, closed: closed.has(index) }, geometry: { type: 'Point', coordinates: place } })
  })
  return { type: 'FeatureCollection', features }
}

/** Nodes that stand out: tanks, sources, outfalls; every other one only to be clicked. */
export function nodeFeatures(network: NetworkView): FeatureCollection {
  const features: FeatureCollection['features'] = []
  network.places.forEach((place, index) => {
    if (!place) return
    features.push({ type: 'Feature', properties: { index, kind: network.node_kinds[index] }, geometry: { type: 'Point', coordinates: place } })
  })
  return { type: 'FeatureCollection', features }
}

/** Water on the ground, now or at most within two hours. */
export function floodedFeatures(network: NetworkView, storm: StormTwin | undefined, moment: Moment): FeatureCollection {
  if (!storm) return none
  const features: FeatureCollection['features'] = []
  for (const flooded of storm.flooded) {
    const place = network.places[flooded.node]
    const depth = moment === 'now' ? flooded.now_m : flooded.most_m
    if (!place || depth < 0.01) continue
    features.push({ type: 'Feature', properties: { index: flooded.node, depth, label: `${depth.toFixed(2)} m` }, geometry: { type: 'Point', coordinates: place } })
  }
  return { type: 'FeatureCollection', features }
}

/** What a trial did: taps without water, taps too low, what to close, what stands dry. */
export function effectFeatures(network: NetworkView, effect: WhatIf | undefined): { taps: FeatureCollection; links: FeatureCollection } {
  if (!effect) return { taps: none, links: none }
  const taps: FeatureCollection['features'] = []
  const tap = (index: number, what: string) => {
    const place = network.places[index]
    if (place) taps.push({ type: 'Feature', properties: { index, what }, geometry: { type: 'Point', coordinates: place } })
  }
  const low = effect.low.filter((t) => t.before_mpa >= effect.least_mpa)
  low.forEach((t) => tap(t.node, 'low'))
  effect.cut_off.forEach((node) => tap(node, 'cut'))
  const links: FeatureCollection['features'] = []
  const link = (index: number, what: string) => {
    const [from, to] = network.ends[index] ?? []
    const [a, b] = [network.places[from ?? -1], network.places[to ?? -1]]
    if (a && b) links.push({ type: 'Feature', properties: { index, what, name: network.link_names[index] }, geometry: { type: 'LineString', coordinates: [a, b] } })
  }
  effect.isolate?.links.forEach((index) => link(index, 'dry'))
  effect.isolate?.close.forEach((index) => link(index, 'close'))
  return { taps: { type: 'FeatureCollection', features: taps }, links: { type: 'FeatureCollection', features: links } }
}

/** West, south, east, north of a network; `null` when it has no place. */
export function boundsOf(network: NetworkView): [number, number, number, number] | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const place of network.places) {
    if (!place) continue
    west = Math.min(west, place[0])
    east = Math.max(east, place[0])
    south = Math.min(south, place[1])
    north = Math.max(north, place[1])
  }
  return west <= east ? [west, south, east, north] : null
}

/** The object a name belongs to: links first, then nodes; whole names before beginnings. */
export function find(network: NetworkView, text: string): Pick | null {
  const wanted = text.trim().toLowerCase()
  if (!wanted) return null
  const at = (names: readonly string[], fits: (name: string) => boolean) => names.findIndex((name) => fits(name.toLowerCase()))
  const tests: ((name: string) => boolean)[] = [(name) => name === wanted, (name) => name.startsWith(wanted)]
  for (const fits of tests) {
    const link = at(network.link_names, fits)
    if (link >= 0) return { kind: 'link', index: link }
    const node = at(network.node_names, fits)
    if (node >= 0) return { kind: 'node', index: node }
  }
  return null
}
