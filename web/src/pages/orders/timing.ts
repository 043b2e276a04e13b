// 时限: how long an order may stand in each state before it is late (three minutes to accept, ten more
// to be on the spot), and how near that is.
import type { OrderState, OrderView } from '@/data/types'

/** Open states, as columns of the board. */
export const columns = ['sent', 'accepted', 'departed', 'arrived', 'handled'] as const satisfies readonly OrderState[]
export type Column = (typeof columns)[number]

const minute = 60_000
/** What is asked for, ms from the moment the clock of that state began. */
const target: Partial<Record<Column, number>> = { sent: 3 * minute, accepted: 10 * minute, departed: 10 * minute }

/** From when a state's clock runs: to be on the spot it runs from accepting, through setting off. */
export function began(order: OrderView): string {
  const at: Record<Column, string | null> = {
    sent: order.sent_at,
    accepted: order.accepted_at,
    departed: order.accepted_at,
    arrived: order.arrived_at,
    handled: order.handled_at,
  }
  return at[order.state as Column] ?? order.changed_at
}

export interface Timing {
  ms: number
  target: number | null
  /** `soon` in the last third of the time, `late` after it. */
  tone: 'calm' | 'soon' | 'late'
}

export function timingOf(order: OrderView, now: number): Timing {
  const ms = Math.max(0, now - Date.parse(began(order)))
  const limit = target[order.state as Column] ?? null
  const tone = limit === null ? 'calm' : ms > limit ? 'late' : ms > (limit * 2) / 3 ? 'soon' : 'calm'
  return { ms, target: limit, tone }
}

/** `4:05`, `1:04:05`. */
export function clockSpan(ms: number): string {
  const s = Math.floor(ms / 1000)
  const two = (n: number) => String(n).padStart(2, '0')
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`
}
