// Numbers as the trade writes them: level two decimals, rain one, flow three significant figures.
import type { Quantity } from '@/data/types'

/** Decimals of a quantity; flow goes by figures. */
const decimals: Partial<Record<Quantity, number>> = {
  level: 2,
  depth: 2,
  rain: 1,
  rain_total: 1,
  voltage: 1,
  pumps_running: 0,
  cod: 1,
  water_total: 2,
  energy: 1,
  pressure: 3,
  status: 0,
}

const minus = '\u2212'
const dash = '—'

/** A number with a true minus sign; `—` for a missing one. */
export function fixed(value: number | null | undefined, places: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return dash
  const text = Math.abs(value).toFixed(places)
  return value < 0 && Number(text) !== 0 ? minus + text : text
}

/** A value of a quantity, without its unit. */
export function valueText(value: number | null | undefined, quantity: Quantity | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return dash
  if (quantity === 'flow') return significant(value, 3)
  return fixed(value, (quantity && decimals[quantity]) ?? 2)
}

/** `+0.06`, `−0.06`, `0.00`. */
export function signed(value: number | null | undefined, places = 2): string {
  const text = fixed(value, places)
  return value && value > 0 && Number(text) !== 0 ? `+${text}` : text
}

function significant(value: number, figures: number): string {
  const size = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  return fixed(value, Math.max(0, figures - 1 - size))
}

/** The unit as it is written: `m3/s` → `m³/s`. */
export function unitText(unit: string): string {
  return unit.replace('m3', 'm³').replace('m2', 'm²')
}

/** `350 m`, `1.3 km`. */
export function distanceText(metres: number): string {
  return metres < 950 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(1)} km`
}

/** `98.7 %`; `—` when unknown. */
export function percent(part: number | null | undefined, places = 0): string {
  return part === null || part === undefined || !Number.isFinite(part) ? dash : `${(part * 100).toFixed(places)} %`
}
