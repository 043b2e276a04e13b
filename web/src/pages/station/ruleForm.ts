// The form of a rule, made from what the server says its parameters are: numbers with range and unit,
// four colours of thresholds, a choice, a severity. Pure: text in, parameters or what is wrong out.
import type { Severity } from '@/data/types'

export interface RuleParam {
  name: string
  unit?: string | null
  kind: 'number' | 'thresholds' | 'choice' | 'severity'
  min?: number | null
  max?: number | null
  default?: unknown
  of?: string[] | null
}
export interface RuleKind {
  code: string
  quantities: string[]
  params: RuleParam[]
}
export const levels = ['blue', 'yellow', 'orange', 'red'] as const satisfies readonly Severity[]

/** What stands in the fields, by `name` or `name.level`. */
export type Typed = Record<string, string>
export type Wrong = Record<string, 'number' | 'low' | 'high' | 'order' | 'none'>

/** Parameters as text for the fields. */
export function typedFrom(kind: RuleKind, params: Record<string, unknown>): Typed {
  const typed: Typed = {}
  for (const p of kind.params) {
    const value = params[p.name] ?? p.default
    if (p.kind === 'thresholds') {
      const thresholds = (value ?? {}) as Partial<Record<Severity, number | null>>
      for (const level of levels) typed[`${p.name}.${level}`] = thresholds[level] === null || thresholds[level] === undefined ? '' : String(thresholds[level])
    } else typed[p.name] = value === null || value === undefined ? '' : String(value)
  }
  return typed
}

/** Parameters from the fields, and what is wrong with which field. */
export function paramsFrom(kind: RuleKind, typed: Typed, before: Record<string, unknown>): { params: Record<string, unknown>; wrong: Wrong } {
  const params: Record<string, unknown> = { ...before }
  const wrong: Wrong = {}
  const number = (name: string, p: RuleParam): number | null => {
    const text = (typed[name] ?? '').trim().replace('−', '-')
    const value = Number(text)
    if (text === '' || !Number.isFinite(value)) wrong[name] = 'number'
    else if (p.min !== null && p.min !== undefined && value < p.min) wrong[name] = 'low'
    else if (p.max !== null && p.max !== undefined && value > p.max) wrong[name] = 'high'
    return value
  }
  for (const p of kind.params) {
    if (p.kind === 'number') params[p.name] = number(p.name, p)
    else if (p.kind === 'thresholds') params[p.name] = thresholds(p)
    else params[p.name] = typed[p.name]
  }
  return { params, wrong }

  function thresholds(p: RuleParam) {
    const set: Partial<Record<Severity, number>> = {}
    let last: number | null = null
    const down = kind.code === 'level_low'
    for (const level of levels) {
      const name = `${p.name}.${level}`
      // A colour may be left out.
      if (!(typed[name] ?? '').trim()) continue
      const value = number(name, p)
      if (value === null) continue
      if (last !== null && (down ? value >= last : value <= last)) wrong[name] ??= 'order'
      last = value
      set[level] = value
    }
    if (!Object.keys(set).length) wrong[`${p.name}.blue`] ??= 'none'
    return set
  }
}
