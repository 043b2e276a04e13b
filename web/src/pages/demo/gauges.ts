// The storm's gauges are given by their Chinese names; their stations know the English ones.
import { stations } from '@/data/live'
import { nameOf } from '@/words'

/** A gauge's name in the present language; as given, where no station has that name. */
export function gaugeName(name: string): string {
  for (const station of stations.value.values()) {
    if (station.kind === 'rain' && station.name === name) return nameOf(station)
  }
  return name
}
