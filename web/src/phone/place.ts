// 定位: where the phone is, asked only when it is needed, and drawn without any map service. The
// position leaves the phone with an arrival and never else.
import { ref, shallowRef } from 'vue'
import type { LonLat, Position } from '@/data/types'

export interface Here extends Position {
  accuracy_m: number
}

/** Where we are, once the person allowed it. */
export const here = shallowRef<Here | null>(null)
export type Allowed = 'unknown' | 'prompt' | 'granted' | 'denied' | 'unable'
export const allowed = ref<Allowed>('unknown')

/** Longest wait for a fix, ms; under bridges there is none, and arriving must not wait for it. */
const patience = 8_000
const earth = 6_371_008.8

/** Whether we may ask; never asks. */
export async function askedBefore(): Promise<Allowed> {
  if (!('geolocation' in navigator) || !isSecureContext) return (allowed.value = 'unable')
  const status = await navigator.permissions?.query({ name: 'geolocation' }).catch(() => null)
  return (allowed.value = status?.state ?? 'prompt')
}

/** One fix; null when it was refused or took too long. */
export function whereAmI(): Promise<Here | null> {
  return new Promise((done) => {
    if (!('geolocation' in navigator)) return done(null)
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        allowed.value = 'granted'
        here.value = { lon: coords.longitude, lat: coords.latitude, accuracy_m: Math.round(coords.accuracy) }
        done(here.value)
      },
      (error) => {
        if (error.code === error.PERMISSION_DENIED) allowed.value = 'denied'
        done(null)
      },
      { enableHighAccuracy: true, timeout: patience, maximumAge: 20_000 },
    )
  })
}

let watching: number | undefined
/** Follows the phone on the small map while it is open; only where that was allowed before. */
export async function follow(): Promise<void> {
  if (watching !== undefined || (await askedBefore()) !== 'granted') return
  watching = navigator.geolocation.watchPosition(
    ({ coords }) => (here.value = { lon: coords.longitude, lat: coords.latitude, accuracy_m: Math.round(coords.accuracy) }),
    () => undefined,
    { enableHighAccuracy: false, maximumAge: 30_000 },
  )
}

export function unfollow(): void {
  if (watching !== undefined) navigator.geolocation.clearWatch(watching)
  watching = undefined
}

/** Great-circle distance, metres (haversine; WGS-84 taken as a sphere, error below 0.6 %). */
export function distanceM(a: Position, b: Position): number {
  const rad = Math.PI / 180
  const dLat = (b.lat - a.lat) * rad
  const dLon = (b.lon - a.lon) * rad
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLon / 2) ** 2
  return 2 * earth * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** Minutes to drive, from the straight distance: streets are 1.3 times as long, 25 km/h in rain. */
export function driveMin(metres: number): number {
  return Math.max(1, Math.round((metres * 1.3) / (25_000 / 60)))
}

/** A flat drawing of a small piece of the earth: metres east and north of the middle to the paper. */
export interface Paper {
  at(p: LonLat): [number, number]
  holds(line: readonly LonLat[]): boolean
  metresPerUnit: number
}

/** Fits what must be seen into `width` × `height` with room around it; never closer than 900 m across; a lone
 * place is shown with 3 km around it, so that roads can be known. */
export function paperFor(seen: Position[], width: number, height: number): Paper {
  const lons = seen.map((p) => p.lon)
  const lats = seen.map((p) => p.lat)
  const middle = { lon: (Math.min(...lons) + Math.max(...lons)) / 2, lat: (Math.min(...lats) + Math.max(...lats)) / 2 }
  const east = 111_320 * Math.cos((middle.lat * Math.PI) / 180)
  const north = 110_574
  const wide = (Math.max(...lons) - Math.min(...lons)) * east
  const high = (Math.max(...lats) - Math.min(...lats)) * north
  const metresPerUnit = Math.max((seen.length > 1 ? 900 : 3000) / width, wide / (width * 0.6), high / (height * 0.5))
  const at = ([lon, lat]: LonLat): [number, number] => [
    Math.round((width / 2 + ((lon - middle.lon) * east) / metresPerUnit) * 10) / 10,
    Math.round((height / 2 - ((lat - middle.lat) * north) / metresPerUnit) * 10) / 10,
  ]
  const holds = (line: readonly LonLat[]) => {
    const all = line.map(at)
    const xs = all.map((p) => p[0])
    const ys = all.map((p) => p[1])
    return Math.max(...xs) > -20 && Math.min(...xs) < width + 20 && Math.max(...ys) > -20 && Math.min(...ys) < height + 20
  }
  return { at, holds, metresPerUnit }
}
