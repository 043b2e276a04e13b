// The map's style: own geometry only, no tiles and no glyphs from anywhere; letters are drawn from
// the machine's own fonts. One source per thing, one layer per idea.
import type { FeatureCollection } from 'geojson'
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import { token } from '@/data/theme'
import type { MapView, Ring } from '@/data/types'
import { streetLayers } from './streets'

export const empty: FeatureCollection = { type: 'FeatureCollection', features: [] }

const polygons = (rings: Ring[], properties: Record<string, unknown> = {}): FeatureCollection['features'] =>
  rings.map((ring) => ({ type: 'Feature', properties, geometry: { type: 'Polygon', coordinates: [ring] } }))

/** The ground that never moves, as sources by name. */
export function groundSources(map: MapView): Record<string, FeatureCollection> {
  const collect = (features: FeatureCollection['features']): FeatureCollection => ({ type: 'FeatureCollection', features })
  const lines = (all: MapView['rivers']) =>
    collect(
      all.flatMap((one) =>
        one.lines.map((coordinates) => ({
          type: 'Feature' as const,
          properties: { name: one.name, name_en: one.name_en, width: one.width_m },
          geometry: { type: 'LineString' as const, coordinates },
        })),
      ),
    )
  return {
    area: collect(polygons(map.service_area)),
    towns: collect(map.towns.flatMap((t) => polygons([t.ring], { code: t.code }))),
    townNames: collect(
      map.towns.map((t) => ({
        type: 'Feature',
        properties: { name: t.name, name_en: t.name_en },
        geometry: { type: 'Point', coordinates: t.middle },
      })),
    ),
    blocks: collect(map.blocks.flatMap((b) => polygons([b.ring], { id: b.id, code: b.code }))),
    rivers: lines(map.rivers),
    roads: lines(map.roads),
    reservoirs: collect(map.reservoirs.flatMap((r) => polygons(r.rings, { name: r.name, name_en: r.name_en }))),
  }
}

/** A width in metres on the ground as pixels, never thinner than `least`. */
const groundWidth = (least: number): ExpressionSpecification => [
  'interpolate',
  ['exponential', 2],
  ['zoom'],
  9,
  ['max', least, ['*', ['get', 'width'], 0.02]],
  16,
  ['max', least * 2, ['*', ['get', 'width'], 0.45]],
]

const font = ['system']
const name = (english: boolean): ExpressionSpecification => ['get', english ? 'name_en' : 'name']

function layers(english: boolean): LayerSpecification[] {
  const scale = Number(token('--scale')) || 1
  const halo = { 'text-halo-color': token('--halo'), 'text-halo-width': 1.4 }
  const rain: ExpressionSpecification = ['match', ['get', 'class'], 1, token('--rain-1'), 2, token('--rain-2'), 3, token('--rain-3'), 4, token('--rain-4'), 5, token('--rain-5'), token('--rain-6')]
  return [
    { id: 'back', type: 'background', paint: { 'background-color': token('--ground') } },
    { id: 'area', type: 'fill', source: 'area', paint: { 'fill-color': token('--land') } },
    { id: 'rain', type: 'fill', source: 'rain', paint: { 'fill-color': rain, 'fill-opacity': 0.75, 'fill-antialias': false } },
    { id: 'reservoirs', type: 'fill', source: 'reservoirs', paint: { 'fill-color': token('--lake') } },
    { id: 'blocks', type: 'line', source: 'blocks', paint: { 'line-color': token('--land-line'), 'line-width': ['interpolate', ['linear'], ['zoom'], 9, 0.4, 13, 1], 'line-opacity': 0.7 } },
    { id: 'block-hit', type: 'fill', source: 'blocks', paint: { 'fill-color': '#000', 'fill-opacity': 0 } },
    { id: 'block-chosen', type: 'line', source: 'blocks', filter: ['==', ['get', 'id'], -1], paint: { 'line-color': token('--text'), 'line-width': 2 } },
    { id: 'roads', type: 'line', source: 'roads', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': token('--road'), 'line-width': groundWidth(1) } },
    { id: 'rivers', type: 'line', source: 'rivers', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': token('--river'), 'line-width': groundWidth(1.6) } },
    ...streetLayers('streets', token('--water')),
    { id: 'towns', type: 'line', source: 'towns', paint: { 'line-color': token('--line-strong'), 'line-width': 1.1 } },
    { id: 'edge', type: 'line', source: 'area', paint: { 'line-color': token('--dim'), 'line-width': 1.4 } },
    {
      id: 'river-names',
      type: 'symbol',
      source: 'rivers',
      minzoom: 10.5,
      layout: { 'symbol-placement': 'line', 'text-field': name(english), 'text-font': font, 'text-size': 12 * scale, 'symbol-spacing': 500 },
      paint: { 'text-color': token('--water'), ...halo },
    },
    {
      id: 'road-names',
      type: 'symbol',
      source: 'roads',
      minzoom: 12.5,
      layout: { 'symbol-placement': 'line', 'text-field': name(english), 'text-font': font, 'text-size': 11 * scale },
      paint: { 'text-color': token('--dim'), ...halo },
    },
    {
      id: 'town-names',
      type: 'symbol',
      source: 'townNames',
      layout: { 'text-field': name(english), 'text-font': font, 'text-size': 13 * scale, 'text-letter-spacing': english ? 0.02 : 0.1, 'text-padding': 2, 'text-variable-anchor': ['center', 'top', 'bottom', 'left', 'right'], 'text-radial-offset': 0.6 },
      paint: { 'text-color': token('--dim'), ...halo },
    },
    {
      id: 'block-names',
      type: 'symbol',
      source: 'blocks',
      minzoom: 12.5,
      layout: { 'text-field': ['get', 'code'], 'text-font': font, 'text-size': 11 * scale },
      paint: { 'text-color': token('--dim'), ...halo },
    },
    {
      id: 'stations',
      type: 'symbol',
      source: 'stations',
      layout: {
        'icon-image': ['get', 'icon'],
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
        'symbol-sort-key': ['get', 'sort'],
        'icon-size': ['interpolate', ['linear'], ['zoom'], 9, ['*', scale, ['get', 'far']], 12, scale],
        'text-field': ['get', 'label'],
        'text-font': font,
        'text-size': 12 * scale,
        'text-anchor': 'left',
        'text-offset': [0.8, 0],
        'text-optional': true,
      },
      paint: { 'text-color': token('--text'), ...halo },
    },
  ]
}

/** The whole style in the present theme, with the data given by source name. */
export function styleOf(data: Record<string, FeatureCollection>, english: boolean): StyleSpecification {
  const sources: StyleSpecification['sources'] = {}
  for (const source of ['area', 'rain', 'reservoirs', 'blocks', 'roads', 'rivers', 'towns', 'townNames', 'streets', 'stations']) {
    sources[source] = { type: 'geojson', data: data[source] ?? empty }
  }
  return { version: 8, sources, layers: layers(english) }
}
