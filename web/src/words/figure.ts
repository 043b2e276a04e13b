// The figure an alarm was judged on, as it is told: a level, a rise, a sum of rain, minutes of silence,
// hours without change, the size of a jump. Each kind of rule has its own unit.
import type { OrderAlarm, Severity } from '@/data/types'
import { fixed, unitText } from '@/kit/number'
import { words } from './index'
import { ruleWord, severityWord } from './terms'

const w = words({
  over: { zh: (level: string, limit: string) => `超${level} ${limit}`, en: (level: string, limit: string) => `over ${level.toLowerCase()} ${limit}` },
  under: { zh: (level: string, limit: string) => `低于${level} ${limit}`, en: (level: string, limit: string) => `below ${level.toLowerCase()} ${limit}` },
  within: { zh: (level: string, limit: string) => `已回到${level} ${limit} 以内`, en: (level: string, limit: string) => `back within ${level.toLowerCase()} ${limit}` },
  gap: { zh: (level: string, limit: string) => `偏离模型,超${level} ${limit}`, en: (level: string, limit: string) => `off the model, beyond ${level.toLowerCase()} ${limit}` },
  silent: { zh: '分钟没有上报', en: 'min without a report' },
  stuck: { zh: '小时数值不变', en: 'h without change' },
})

export interface Figure {
  value: number
  places: number
  unit: string
  /** What stands beside it: which limit, or what is wrong. */
  said: string
  /** Whether the water's present level may stand in its place. */
  live: boolean
}

type Judged = Pick<OrderAlarm, 'kind' | 'value' | 'threshold' | 'unit'> & { severity: Severity }

/** The figure with its words; `level` is the present level, where it is known. */
export function figureOf(alarm: Judged, level?: number | null): Figure {
  const places = alarm.unit === 'mm' || alarm.unit === 'V' ? 1 : 2
  const limit = fixed(alarm.threshold, places)
  const colour = severityWord[alarm.severity]
  const base = { value: alarm.value, places, unit: unitText(alarm.unit), live: false }
  switch (alarm.kind) {
    case 'level_high':
    case 'level_low': {
      const value = level ?? alarm.value
      const high = alarm.kind === 'level_high'
      const holds = high ? value >= alarm.threshold : value <= alarm.threshold
      return { ...base, value, live: true, said: holds ? (high ? w.over : w.under)(colour, limit) : w.within(colour, limit) }
    }
    case 'rate_of_rise':
      return { ...base, unit: `${base.unit}/10 min`, said: w.over(colour, limit) }
    case 'rain_signal':
    case 'rain_sum':
      return { ...base, unit: 'mm', places: 1, said: w.over(colour, fixed(alarm.threshold, 0)) }
    case 'model_gap':
      return { ...base, places: base.unit === 'MPa' ? 3 : places, said: w.gap(colour, limit) }
    case 'silent':
      return { ...base, unit: '', places: 0, said: w.silent }
    case 'stuck':
      return { ...base, unit: '', places: 1, said: w.stuck }
    default:
      return { ...base, said: (ruleWord as Record<string, string>)[alarm.kind] ?? alarm.kind }
  }
}

/** In one line: `0.52 m · 超红色 0.50`. */
export function figureLine(alarm: Judged): string {
  const f = figureOf(alarm)
  const value = [fixed(f.value, f.places), f.unit].filter(Boolean).join(' ')
  return /[0-9]/.test(f.said) || f.unit ? `${value} · ${f.said}` : `${value} ${f.said}`
}
