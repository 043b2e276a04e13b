// The shapes of the four levels, drawn alike in lists (SVG) and on the map (canvas):
// red diamond, orange triangle, yellow square, blue circle, in a box of 24.
import type { AlarmState, Severity } from '@/data/types'

export const markPath: Record<Severity, string> = {
  red: 'M12 1.5 22.5 12 12 22.5 1.5 12Z',
  orange: 'M12 2.500 22.500 21H1.500Z',
  yellow: 'M3.500 3.500H20.500V20.500H3.500Z',
  blue: 'M12 2.500A9.500 9.500 0 1 1 12 21.500 9.500 9.500 0 1 1 12 2.500Z',
}

/** How a mark is drawn: filled and pulsing, filled and still, outline, hollow grey with a slash. */
export type MarkLook = 'unacked' | 'acked' | 'returned' | 'silent'

export function markLook(state: AlarmState): MarkLook {
  if (state === 'raised') return 'unacked'
  if (state === 'returned_unacknowledged') return 'returned'
  return 'acked'
}

/** Worst first: red 4 … blue 1. */
export const severityRank: Record<Severity, number> = { red: 4, orange: 3, yellow: 2, blue: 1 }
