// 雨量面: rain between the gauges, by inverse distance (power 2, the eight nearest gauges), on
// hexagons clipped to the service area. Pure; an estimate to look at, never a measured value.
import type { LonLat, Position, Ring } from '@/data/types'

export type Window = 'h1' | 'h3' | 'h24' | 'day'

/**
 * Class limits, mm: drizzle, moderate, heavy, rainstorm, heavy rainstorm, extraordinary.
 * 24 h after GB/T 28592-2012; the standard has no shorter window than 12 h, so 1 h and 3 h follow the
 * weather service's operational classes.
 */
export const rainClasses: Record<Window, readonly number[]> = {
  h1: [0.1, 1.6, 7, 15, 40, 50],
  h3: [0.1, 3, 10, 20, 50, 70],
  h24: [0.1, 10, 25, 50, 100, 250],
  day: [0.1, 10, 25, 50, 100, 250],
}

/** 0 for no rain, 1 for the first class … 6. */
export function rainClass(mm: number, window: Window): number {
  return rainClasses[window].filter((limit) => mm >= limit).length
}

export interface Cell {
  ring: Ring
  /** Gauge index and weight, the weights adding up to 1. */
  weights: [number, number][]
}

/** Gauges that take part in one cell. */
const nearest = 8
/** Width of a cell, degrees of longitude (about 800 m at 29°N). */
const cellWidth = 0.0083

/** Metres are rounder than degrees: longitude shrinks with the latitude. */
const squeeze = (lat: number) => Math.cos((lat * Math.PI) / 180)

export function inRing(p: LonLat, ring: Ring): boolean {
  let inside = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const a = ring[i]
    const b = ring[j]
    if (!a || !b) continue
    if (a[1] > p[1] !== b[1] > p[1] && p[0] < ((b[0] - a[0]) * (p[1] - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside
  }
  return inside
}

/** The cells of an area with the weights of its gauges. */
export function cellsOf(area: Ring[], gauges: readonly Position[]): Cell[] {
  const all = area.flat()
  if (!all.length || !gauges.length) return []
  const lons = all.map((p) => p[0])
  const lats = all.map((p) => p[1])
  const [west, east] = [Math.min(...lons), Math.max(...lons)]
  const [south, north] = [Math.min(...lats), Math.max(...lats)]
  const k = squeeze((south + north) / 2)
  const side = cellWidth / Math.sqrt(3)
  const rowHeight = side * 1.5 * k
  const cells: Cell[] = []
  for (let row = 0, lat = south; lat <= north; row += 1, lat += rowHeight) {
    for (let lon = west + (row % 2 ? cellWidth / 2 : 0); lon <= east; lon += cellWidth) {
      const middle: LonLat = [lon, lat]
      if (!area.some((ring) => inRing(middle, ring))) continue
      cells.push({ ring: hexagon(middle, side, k), weights: weightsAt(middle, gauges, k) })
    }
  }
  return cells
}

function hexagon([lon, lat]: LonLat, side: number, k: number): Ring {
  return Array.from({ length: 7 }, (_, i): LonLat => {
    const angle = Math.PI / 6 + (i * Math.PI) / 3
    return [lon + side * Math.cos(angle), lat + side * Math.sin(angle) * k]
  })
}

function weightsAt([lon, lat]: LonLat, gauges: readonly Position[], k: number): [number, number][] {
  const near = gauges
    .map((g, i): [number, number] => [i, ((g.lon - lon) * k) ** 2 + (g.lat - lat) ** 2])
    .sort((a, b) => a[1] - b[1])
    .slice(0, nearest)
    .map(([i, d2]): [number, number] => [i, 1 / Math.max(d2, 1e-8)])
  const sum = near.reduce((s, [, w]) => s + w, 0)
  return near.map(([i, w]) => [i, w / sum])
}

/** Rain of a cell, mm; gauges without a value leave their share to the others; null without any. */
export function rainOf(cell: Cell, mm: readonly (number | null)[]): number | null {
  let sum = 0
  let share = 0
  for (const [i, w] of cell.weights) {
    const value = mm[i]
    if (value === null || value === undefined) continue
    sum += w * value
    share += w
  }
  return share ? sum / share : null
}
