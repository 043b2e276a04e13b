// Times and ages as people say them. All times are shown in Beijing time (UTC+8, no summer time),
// wherever the screen stands.
import { language, words } from '@/words'

const beijing = 8 * 3600_000

const w = words({
  now: { zh: '刚刚', en: 'just now' },
  seconds: { zh: (n: number) => `${n} 秒前`, en: (n: number) => `${n} s ago` },
  minutes: { zh: (n: number) => `${n} 分钟前`, en: (n: number) => `${n} min ago` },
  hours: { zh: (n: number) => `${n} 小时前`, en: (n: number) => `${n} h ago` },
  days: { zh: (n: number) => `${n} 天前`, en: (n: number) => `${n} d ago` },
  inMinutes: { zh: (n: number) => `还有 ${n} 分钟`, en: (n: number) => `in ${n} min` },
  inHours: { zh: (n: number) => `还有 ${n} 小时`, en: (n: number) => `in ${n} h` },
  span: {
    zh: (h: number, m: number, s: number) => (h ? `${h} 小时 ${m} 分` : m ? `${m} 分 ${s} 秒` : `${s} 秒`),
    en: (h: number, m: number, s: number) => (h ? `${h} h ${m} min` : m ? `${m} min ${s} s` : `${s} s`),
  },
})

/** Milliseconds of a time given as text or number; NaN for nonsense. */
export function msOf(at: string | number): number {
  return typeof at === 'number' ? at : Date.parse(at)
}

function parts(ms: number) {
  const at = new Date(ms + beijing).toISOString()
  return { year: at.slice(0, 4), date: at.slice(5, 10), day: at.slice(0, 10), minute: at.slice(11, 16), second: at.slice(11, 19) }
}

/** `21:47:05` today, `06-30 21:47` this year, `2021-06-30 21:47` else. */
export function timeText(at: string | number | null | undefined, nowMs: number): string {
  if (at === null || at === undefined) return '—'
  const ms = msOf(at)
  if (!Number.isFinite(ms)) return '—'
  const then = parts(ms)
  const today = parts(nowMs)
  if (then.day === today.day) return then.second
  return then.year === today.year ? `${then.date} ${then.minute}` : `${then.day} ${then.minute}`
}

/** `21:47`. */
export function hourMinute(at: string | number): string {
  const ms = msOf(at)
  return Number.isFinite(ms) ? parts(ms).minute : '—'
}

/** `21:47:05`. */
export function clockText(ms: number): string {
  return parts(ms).second
}

/** `2021-06-30 21:47:05`, for tables and files. */
export function fullTime(at: string | number): string {
  const ms = msOf(at)
  if (!Number.isFinite(ms)) return '—'
  const p = parts(ms)
  return `${p.day} ${p.second}`
}

/** `6 月 30 日 周三`, `Wed 30 Jun`. */
export function dayText(ms: number): string {
  const zh = language.value === 'zh'
  return new Intl.DateTimeFormat(zh ? 'zh-CN' : 'en-GB', {
    timeZone: 'Asia/Shanghai',
    month: zh ? 'long' : 'short',
    day: 'numeric',
    weekday: 'short',
  }).format(ms)
}

/** `3 分钟前`; times ahead as `还有 3 分钟`. */
export function ageText(at: string | number | null | undefined, nowMs: number): string {
  if (at === null || at === undefined) return '—'
  const s = Math.round((nowMs - msOf(at)) / 1000)
  if (!Number.isFinite(s)) return '—'
  if (s < -3599) return w.inHours(Math.round(-s / 3600))
  if (s < -20) return w.inMinutes(Math.max(1, Math.round(-s / 60)))
  if (s < 5) return w.now
  if (s < 60) return w.seconds(s)
  if (s < 3600) return w.minutes(Math.floor(s / 60))
  if (s < 86_400) return w.hours(Math.floor(s / 3600))
  return w.days(Math.floor(s / 86_400))
}

/** `4 分 12 秒`. */
export function spanText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '—'
  const s = Math.max(0, Math.round(ms / 1000))
  return w.span(Math.floor(s / 3600), Math.floor((s % 3600) / 60), s % 60)
}
