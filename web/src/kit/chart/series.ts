// What a chart is drawn from, and the pure parts of drawing it: gaps, ranges, the value under the
// cursor, and the rows of its table. A gap in the data is never bridged, a peak never dropped.
import type { Quantity, Severity, SeriesSample, Thresholds } from '@/data/types'

/** One line from the bottom. */
export interface ChartLine {
  key: string
  name: string
  unit: string
  quantity: Quantity
  samples: readonly SeriesSample[]
  /** Simulated or estimated. */
  dashed?: boolean
  tone?: 'water' | 'forecast' | 'dim' | 'faint'
}

/** 带: between which values a forecast lies. */
export interface ChartBand {
  low: readonly SeriesSample[]
  high: readonly SeriesSample[]
}

/** Rain hanging from the top: `[end of the period ms, mm]`. */
export type RainBar = readonly [number, number | null]

/** How many reports may be missing before the line is broken. */
const missing = 2.5

/** Values set by hand or estimated are points of the line; doubtful ones stand apart, see [`doubtful`]. */
const manual = 3
const estimated = 4
const suspect = 1

export interface DrawnPoint {
  value: [number, number | null]
  symbol: 'none' | 'emptyCircle'
}

/** Points with a break wherever the samples are further apart than 2.5 report intervals, or in doubt. */
export function withGaps(samples: readonly SeriesSample[], intervalMs: number): DrawnPoint[] {
  const drawn: DrawnPoint[] = []
  let before: number | null = null
  for (const [at, value, quality] of samples) {
    if (before !== null && at - before > missing * intervalMs) drawn.push({ value: [before + 1, null], symbol: 'none' })
    drawn.push({ value: [at, quality === suspect ? null : value], symbol: quality === manual || quality === estimated ? 'emptyCircle' : 'none' })
    before = at
  }
  return drawn
}

/** Doubtful values, as points of their own: one beyond the axis stands at its edge. */
export function doubtful(samples: readonly SeriesSample[], [lo, hi]: [number, number]): [number, number][] {
  return samples.flatMap(([at, value, quality]): [number, number][] => (quality === suspect && value !== null ? [[at, Math.min(hi, Math.max(lo, value))]] : []))
}

/** Less than this of a quantity is not worth the whole height. */
const leastSpan: Partial<Record<Quantity, number>> = { voltage: 2, pumps_running: 2, rain: 1, rain_total: 1, level: 0.2, depth: 0.2, flow: 0.2 }

/**
 * The least and greatest of what must be seen, with a little air; room above for the rain. A doubtful
 * value does not press the others flat.
 */
export function rangeOf(lines: readonly ChartLine[], also: readonly (number | null | undefined)[], rain: boolean): [number, number] {
  let lo = Infinity
  let hi = -Infinity
  const see = (value: number | null | undefined) => {
    if (value === null || value === undefined || !Number.isFinite(value)) return
    lo = Math.min(lo, value)
    hi = Math.max(hi, value)
  }
  for (const line of lines) for (const sample of line.samples) if (sample[2] !== suspect) see(sample[1])
  for (const value of also) see(value)
  if (lo > hi) return [0, 1]
  const least = leastSpan[lines[0]?.quantity ?? 'level'] ?? 0.1
  if (hi - lo < least) {
    // A steady value stands in the middle instead of filling the height with its last digit.
    const more = (least - (hi - lo)) / 2
    lo = lo >= 0 ? Math.max(0, lo - more) : lo - more
    hi += more
  }
  const span = hi - lo
  // Water depths stand on the road: their axis begins at nought.
  const bottom = lo >= 0 && lo < span ? 0 : lo - span * 0.06
  return [bottom, bottom + (hi - bottom) * (rain ? 1.38 : 1.1)]
}

/** The top of the rain axis: the highest bar takes a third of the height above a level, all of it alone. */
export function rainTop(rain: readonly RainBar[], overLevel = true): number {
  const most = rain.reduce((m, [, mm]) => Math.max(m, mm ?? 0), 0)
  return Math.max(most, 1) * (overLevel ? 3.2 : 1.15)
}

export interface Mark {
  at: number
  kind: Severity | 'ground' | 'crown'
}

/** The horizontal lines: thresholds, ground, crown. */
export function marksOf(thresholds: Thresholds | null | undefined, ground?: number | null, crown?: number | null): Mark[] {
  const marks: Mark[] = []
  for (const kind of ['blue', 'yellow', 'orange', 'red'] as const) {
    const at = thresholds?.[kind]
    if (at !== null && at !== undefined) marks.push({ at, kind })
  }
  if (ground !== null && ground !== undefined) marks.push({ at: ground, kind: 'ground' })
  if (crown !== null && crown !== undefined) marks.push({ at: crown, kind: 'crown' })
  return marks
}

/** Middles for labels so that none covers another: at least `least` apart, as near as may be. */
export function spread(wanted: readonly number[], least: number): number[] {
  const order = wanted.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y)
  for (let n = 1; n < order.length; n += 1) {
    const [below, above] = [order[n - 1], order[n]]
    if (below && above && above.y - below.y < least) above.y = below.y + least
  }
  const placed = [...wanted]
  for (const { y, i } of order) placed[i] = y
  return placed
}

/** The sample nearest to a moment, no further away than `within`. */
export function nearest(samples: readonly SeriesSample[], at: number, within: number): SeriesSample | null {
  let low = 0
  let high = samples.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((samples[middle]?.[0] ?? Infinity) < at) low = middle + 1
    else high = middle
  }
  const [a, b] = [samples[low - 1], samples[low]]
  const best = !a ? b : !b ? a : at - a[0] <= b[0] - at ? a : b
  return best && Math.abs(best[0] - at) <= within ? best : null
}

export interface Row {
  at: number
  rain: number | null | undefined
  values: (SeriesSample | undefined)[]
}

/** The table behind a chart, newest first. */
export function rowsOf(lines: readonly ChartLine[], rain: readonly RainBar[]): Row[] {
  const rows = new Map<number, Row>()
  const row = (at: number) => {
    const known = rows.get(at) ?? { at, rain: undefined, values: [] }
    rows.set(at, known)
    return known
  }
  for (const [at, mm] of rain) row(at).rain = mm
  lines.forEach((line, i) => {
    for (const sample of line.samples) row(sample[0]).values[i] = sample
  })
  return [...rows.values()].sort((a, b) => b.at - a.at)
}

/** A CSV file's text: quoted where needed, missing values empty, oldest first, with a mark for Excel. */
export function csvOf(header: readonly string[], rows: readonly (readonly (string | number | null | undefined)[])[]): string {
  const cell = (value: string | number | null | undefined) => {
    const text = value === null || value === undefined ? '' : String(value)
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return `\uFEFF${[header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}

/** Hands text to the person as a file. */
export function download(name: string, text: string, type = 'text/csv'): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 1000)
}
