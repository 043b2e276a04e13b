// 指令内容: what a station can be asked or told, which protocol carries it, and what has to be filled
// in. The server checks all of it again; this only keeps people from asking what cannot be sent.
import type { Time } from '@/data/types'

export type FieldKind = 'number' | 'decimal' | 'switch' | 'text' | 'secret' | 'list' | 'pairs' | 'time' | 'table'
export interface AskField {
  key: string
  kind: FieldKind
}
export interface AskKind {
  kind: string
  /** Protocols that carry it. */
  protocols: readonly string[]
  fields: readonly AskField[]
  /** Changes nothing but what is known: allowed at once, no reason needed. */
  harmless?: true
  /** Changes how the station works: an administrator allows it. */
  changes?: true
}

const field = (key: string, kind: FieldKind): AskField => ({ key, kind })
const hydro = ['sl651'] as const

export const asks: readonly AskKind[] = [
  { kind: 'query_current', protocols: ['sl651', 'hj212', 'sl427', 'cjt188', 'dlt645', 'sparkplug'], fields: [], harmless: true },
  { kind: 'query_period', protocols: ['sl651', 'hj212'], fields: [field('from', 'time'), field('to', 'time'), field('step_min', 'number'), field('element', 'text')], harmless: true },
  { kind: 'query_elements', protocols: ['sl651', 'sl427'], fields: [field('elements', 'list')], harmless: true },
  { kind: 'query_status', protocols: ['sl651', 'hj212', 'cjt188'], fields: [], harmless: true },
  { kind: 'query_motors', protocols: ['sl651', 'hj212'], fields: [], harmless: true },
  { kind: 'query_clock', protocols: ['sl651', 'hj212'], fields: [], harmless: true },
  { kind: 'set_clock', protocols: ['sl651', 'hj212', 'sl427', 'cjt188'], fields: [], harmless: true },
  { kind: 'query_picture', protocols: hydro, fields: [], harmless: true },
  { kind: 'query_manual', protocols: hydro, fields: [], harmless: true },
  { kind: 'query_version', protocols: hydro, fields: [], harmless: true },
  { kind: 'query_events', protocols: hydro, fields: [], harmless: true },
  { kind: 'read_parameters', protocols: ['sl651', 'hj212'], fields: [field('table', 'table'), field('ids', 'list')], harmless: true },
  { kind: 'switch_pump', protocols: ['sl651', 'modbus', 'opcua'], fields: [field('pump', 'number'), field('on', 'switch')] },
  { kind: 'switch_valve', protocols: ['sl651', 'cjt188'], fields: [field('valve', 'number'), field('open', 'switch')] },
  { kind: 'set_gate', protocols: hydro, fields: [field('gate', 'number'), field('opening_m', 'decimal')] },
  { kind: 'write', protocols: ['modbus', 'opcua', 'mqtt', 'sparkplug', 'hj212'], fields: [field('target', 'text'), field('value', 'decimal')] },
  { kind: 'set_parameters', protocols: ['sl651', 'hj212'], fields: [field('table', 'table'), field('values', 'pairs')], changes: true },
  { kind: 'set_password', protocols: ['sl651', 'hj212'], fields: [field('password', 'secret')], changes: true },
  { kind: 'set_quota', protocols: hydro, fields: [field('enabled', 'switch')], changes: true },
  { kind: 'set_ic_card', protocols: hydro, fields: [field('enabled', 'switch')], changes: true },
  { kind: 'clear_memory', protocols: hydro, fields: [], changes: true },
  { kind: 'factory_reset', protocols: hydro, fields: [], changes: true },
]

/** What a station can be asked in the protocol it is on line with; everything while that is not known. */
export function asksFor(protocol: string | null): AskKind[] {
  return asks.filter((ask) => !protocol || ask.protocols.includes(protocol))
}

/** `39, 38` → `['39', '38']`. */
const items = (text: string) => text.split(/[\s,,;;]+/).filter(Boolean)

/** `27=5, 28=1` → `{ 27: '5', 28: '1' }`; null where one has no value. */
function pairs(text: string): Record<string, string> | null {
  const found = items(text).map((item) => item.split('='))
  if (!found.length || found.some((pair) => pair.length !== 2 || !pair[0] || !pair[1])) return null
  return Object.fromEntries(found.map(([key, value]) => [key, value]))
}

/** A field's value as the server takes it; undefined while it is not right. */
function valueOf(kind: FieldKind, text: string): unknown {
  const trimmed = text.trim()
  switch (kind) {
    case 'number':
      return /^\d+$/.test(trimmed) && Number(trimmed) > 0 ? Number(trimmed) : undefined
    case 'decimal':
      return trimmed && Number.isFinite(Number(trimmed)) ? Number(trimmed) : undefined
    case 'switch':
      return trimmed === 'true' ? true : trimmed === 'false' ? false : undefined
    case 'list':
      return items(trimmed).length ? items(trimmed) : undefined
    case 'pairs':
      return pairs(trimmed) ?? undefined
    case 'time':
      return trimmed ? (`${trimmed}:00+08:00` as Time) : undefined
    case 'table':
      return trimmed === 'basic' || trimmed === 'running' ? trimmed : undefined
    default:
      return trimmed || undefined
  }
}

/** The command, and which fields are not right yet. */
export function commandOf(ask: AskKind, given: Record<string, string>): { command: Record<string, unknown>; wrong: string[] } {
  const command: Record<string, unknown> = { kind: ask.kind }
  const wrong: string[] = []
  for (const { key, kind } of ask.fields) {
    const value = valueOf(kind, given[key] ?? '')
    if (value === undefined) wrong.push(key)
    else command[key] = value
  }
  return { command, wrong }
}

/** What a command is told beside its kind: `pump 2, on`. */
export function particulars(command: Record<string, unknown>, word: (key: string) => string): string {
  const text = (key: string, value: unknown): string => {
    if (Array.isArray(value)) return value.join(' ')
    if (value && typeof value === 'object') return Object.entries(value).map(([k, v]) => `${k}=${String(v)}`).join(' ')
    return typeof value === 'boolean' ? word(`${key}_${value}`) : String(value)
  }
  return Object.entries(command).filter(([key]) => key !== 'kind').map(([key, value]) => `${word(key)} ${text(key, value)}`).join(' · ')
}
