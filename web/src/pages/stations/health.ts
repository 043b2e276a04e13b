// 站点健康: in one word, and what stands for the station in a list.
import type { PointView, StationView } from '@/data/types'

/** Beyond this a station's clock falsifies the time of its readings, s. */
export const driftLimitS = 60
/** Below this share of expected reports, somebody should look. */
export const rateLimit = 0.95
/** Reports missed before a station counts as silent, as the server counts. */
const missed = 3

export type Health = 'fine' | 'late' | 'silent' | 'drifting' | 'seldom'

export function healthOf(station: StationView, now: number): Health {
  if (!station.online || !station.last_received_at) return 'silent'
  const age = (now - Date.parse(station.last_received_at)) / 1000
  if (age > missed * station.report_interval_s) return 'late'
  if (Math.abs(station.drift_s ?? 0) > driftLimitS) return 'drifting'
  if ((station.online_rate ?? 1) < rateLimit) return 'seldom'
  return 'fine'
}

/** The point whose value speaks for the station. */
export function headline(station: StationView): PointView | undefined {
  return station.points.find((p) => p.headline) ?? station.points[0]
}
