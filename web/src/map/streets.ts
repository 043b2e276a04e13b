// 街面积水: water on the streets as map features and the layers that draw them: pure.
import type { FeatureCollection } from 'geojson'
import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl'
import type { StreetsTwin } from '@/data/twin'

/** 积水范围: outlines of water on the streets by depth, now or at its worst within two hours; shallow first. */
export function streetFeatures(streets: StreetsTwin | undefined, moment: 'now' | 'most'): FeatureCollection {
  const features: FeatureCollection['features'] = []
  for (const street of streets?.streets ?? []) {
    for (const band of street[moment].bands) {
      const coordinates = band.polygons as [number, number][][][]
      features.push({ type: 'Feature', properties: { station: street.station, depth: band.depth_m }, geometry: { type: 'MultiPolygon', coordinates } })
    }
  }
  features.sort((a, b) => a.properties?.depth - b.properties?.depth)
  return { type: 'FeatureCollection', features }
}

/** Filled by depth, with a shore line once one is near enough to see it. */
export function streetLayers(source: string, colour: string): LayerSpecification[] {
  const opacity: ExpressionSpecification = ['interpolate', ['linear'], ['get', 'depth'], 0.05, 0.3, 0.5, 0.55]
  return [
    { id: 'street-water', type: 'fill', source, paint: { 'fill-color': colour, 'fill-opacity': opacity, 'fill-antialias': false } },
    { id: 'street-shore', type: 'line', source, minzoom: 13, paint: { 'line-color': colour, 'line-width': 1 } },
  ]
}
