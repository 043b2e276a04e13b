// The editor's form: text as typed on one side, what the server takes on the other, and beside each
// field what is wrong with it, while typing.
import type { Quantity, StationKind, StationView } from '@/data/types'

export const kinds = ['rain', 'ponding', 'manhole', 'river', 'pump', 'reservoir', 'plant', 'meter', 'supply'] as const satisfies readonly StationKind[]
export const quantities = ['rain', 'rain_total', 'level', 'depth', 'flow', 'voltage', 'pumps_running', 'status', 'cod', 'ammonia_nitrogen', 'total_phosphorus', 'total_nitrogen', 'ph', 'water_total', 'energy', 'pressure', 'other'] as const satisfies readonly Quantity[]
/** The unit each quantity is kept in. */
export const unitOf: Record<Quantity, string> = { rain: 'mm', rain_total: 'mm', level: 'm', depth: 'm', flow: 'm3/s', voltage: 'V', pumps_running: '', status: '', cod: 'mg/L', ammonia_nitrogen: 'mg/L', total_phosphorus: 'mg/L', total_nitrogen: 'mg/L', ph: '', water_total: 'm3', energy: 'kWh', pressure: 'MPa', other: '' }

export interface PointDraft {
  id: number | null
  quantity: Quantity
  elements: string
  min: string
  max: string
}
export interface Draft {
  code: string
  name: string
  name_en: string
  kind: StationKind
  lon: string
  lat: string
  interval_min: string
  ground_m: string
  crown_m: string
  points: PointDraft[]
}
export type Fault = 'needed' | 'code' | 'number' | 'lon' | 'lat' | 'interval' | 'order' | 'elements' | 'twice' | 'points'

const text = (value: number | null | undefined) => (value === null || value === undefined ? '' : String(value))

export function draftOf(station: StationView | null): Draft {
  return {
    code: station?.code ?? '',
    name: station?.name ?? '',
    name_en: station?.name_en ?? '',
    kind: station?.kind ?? 'ponding',
    lon: station ? station.position.lon.toFixed(6) : '',
    lat: station ? station.position.lat.toFixed(6) : '',
    interval_min: text(station ? station.report_interval_s / 60 : 5),
    ground_m: text(station?.ground_m),
    crown_m: text(station?.crown_m),
    points: (station?.points ?? []).map((p) => ({ id: p.id, quantity: p.quantity, elements: elementsText(p.elements), min: text(p.min), max: text(p.max) })),
  }
}

const number = (typed: string) => (typed.trim() === '' ? Number.NaN : Number(typed.trim().replace('−', '-')))

/** What is wrong, by field name (`points.0.min`). */
export function faultsOf(d: Draft, taken: (code: string) => boolean): Record<string, Fault> {
  const faults: Record<string, Fault> = {}
  if (!/^[A-Za-z0-9._-]{1,32}$/.test(d.code.trim())) faults.code = d.code.trim() ? 'code' : 'needed'
  else if (taken(codeOf(d.code))) faults.code = 'twice'
  if (!d.name.trim()) faults.name = 'needed'
  const [lon, lat] = [number(d.lon), number(d.lat)]
  if (!Number.isFinite(lon) || lon < 70 || lon > 140) faults.lon = 'lon'
  if (!Number.isFinite(lat) || lat < 0 || lat > 60) faults.lat = 'lat'
  const interval = number(d.interval_min)
  if (!Number.isFinite(interval) || interval < 1 || interval > 1440) faults.interval_min = 'interval'
  for (const name of ['ground_m', 'crown_m'] as const) if (d[name].trim() && !Number.isFinite(number(d[name]))) faults[name] = 'number'
  if (!d.points.length) faults.points = 'points'
  const seen = new Set<string>()
  d.points.forEach((p, i) => {
    const [min, max] = [number(p.min), number(p.max)]
    if (!Number.isFinite(min)) faults[`points.${i}.min`] = 'number'
    if (!Number.isFinite(max)) faults[`points.${i}.max`] = 'number'
    else if (Number.isFinite(min) && max <= min) faults[`points.${i}.max`] = 'order'
    const ids = elementsOf(p.elements)
    if (!ids.length || ids.some((e) => e.length > 200)) faults[`points.${i}.elements`] = 'elements'
    else if (ids.some((e) => seen.has(e.toUpperCase()))) faults[`points.${i}.elements`] = 'twice'
    ids.forEach((e) => seen.add(e.toUpperCase()))
  })
  return faults
}

/** A code as it is kept: SL 651's ten digits in capitals, every other one as its station writes it. */
const codeOf = (typed: string): string => (/^[0-9A-Fa-f]{10}$/.test(typed.trim()) ? typed.trim().toUpperCase() : typed.trim())

// Of both widths: ; , and the enumeration comma.
const semicolon = /[;\uFF1B]/
const gap = /[\s,\u3001\uFF0C]+/

/** Names apart by blanks or commas; by semicolons where a name holds a blank or a comma itself. */
export const elementsOf = (typed: string): string[] =>
  typed
    .split(semicolon.test(typed) ? semicolon : gap)
    .map((name) => name.trim())
    .filter(Boolean)
    .map((name) => (/^[0-9A-Fa-f]{2,6}$/.test(name) ? name.toUpperCase() : name))

const elementsText = (names: readonly string[]): string =>
  names.some((name) => gap.test(name)) ? names.map((name) => `${name};`).join(' ') : names.join(' ')

/** What the server takes; only for a draft without faults. */
export function editOf(d: Draft, block: number | null) {
  const optional = (typed: string) => (typed.trim() ? number(typed) : null)
  return {
    code: codeOf(d.code),
    name: d.name.trim(),
    name_en: d.name_en.trim() || d.name.trim(),
    kind: d.kind,
    position: { lon: number(d.lon), lat: number(d.lat) },
    block,
    report_interval_s: Math.round(number(d.interval_min) * 60),
    ground_m: optional(d.ground_m),
    crown_m: optional(d.crown_m),
    points: d.points.map((p) => ({ id: p.id, quantity: p.quantity, elements: elementsOf(p.elements), min: number(p.min), max: number(p.max) })),
  }
}
