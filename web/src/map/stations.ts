// Stations as the map's features: shape by kind, state by look; a station in alarm shows its worst
// alarm's mark instead.
import type { FeatureCollection } from 'geojson'
import type { AlarmView, RainGauge, StationView } from '@/data/types'
import { markLook, severityRank } from '@/kit/mark'
import type { Window } from './rain'

/** The alarm each station shows: the riskiest one that is neither shelved nor suppressed. */
export function worstByStation(alarms: Iterable<AlarmView>): Map<string, AlarmView> {
  const worst = new Map<string, AlarmView>()
  for (const alarm of alarms) {
    if (alarm.shelf || alarm.suppressed || alarm.state === 'closed') continue
    const known = worst.get(alarm.station.code)
    if (!known || alarm.risk > known.risk) worst.set(alarm.station.code, alarm)
  }
  return worst
}

const stateOf = (s: StationView) => (s.maintenance ? 'maintenance' : s.online ? 'ok' : 'silent')

export function stationFeatures(
  stations: Iterable<StationView>,
  worst: ReadonlyMap<string, AlarmView>,
  gauges: readonly RainGauge[],
  window: Window,
  theme: string,
): FeatureCollection {
  const rain = new Map(gauges.map((g) => [g.station, g[window]]))
  const features: FeatureCollection['features'] = []
  for (const s of stations) {
    const alarm = worst.get(s.code)
    // A silent station keeps its own shape, hollow and slashed.
    const marked = alarm && alarm.kind !== 'silent'
    const mm = s.kind === 'rain' ? rain.get(s.code) : undefined
    features.push({
      type: 'Feature',
      properties: {
        code: s.code,
        icon: marked ? `mark:${alarm.severity}:${markLook(alarm.state)}:${theme}` : `station:${s.kind}:${stateOf(s)}:${theme}`,
        label: mm !== undefined && mm !== null && mm >= 1 ? mm.toFixed(mm < 10 ? 1 : 0) : '',
        sort: marked ? severityRank[alarm.severity] * 10 : s.kind === 'rain' ? 1 : 2,
        far: marked ? 0.95 : s.kind === 'rain' ? 0.55 : 0.9,
      },
      geometry: { type: 'Point', coordinates: [s.position.lon, s.position.lat] },
    })
  }
  return { type: 'FeatureCollection', features }
}
