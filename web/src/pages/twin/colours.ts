// The ramps of the networks: deeper means fuller, more flow, or less pressure. Tokens, so that they
// follow the theme; alarm colours are not used.
import { fillLimits, flowLimits, pressureLimits, type Aspect } from './network'
import type { Engine } from '@/data/twin'

const filling = ['--line-strong', '--rain-2', '--rain-3', '--rain-4', '--rain-5']
const thirst = ['--rain-6', '--rain-5', '--rain-4', '--rain-3', '--rain-2']

/** Colour tokens by class. */
export function rampOf(engine: Engine, aspect: Aspect): string[] {
  return engine === 'supply' && aspect === 'pressure' ? thirst : filling
}

/** What stands beside each colour of the legend, from the first class on. */
export function legendOf(engine: Engine, aspect: Aspect): { token: string; text: string }[] {
  const [limits, scale, unit] =
    engine === 'storm' ? [fillLimits, 1, '%'] as const : aspect === 'pressure' ? [pressureLimits, 0.001, 'MPa'] as const : [flowLimits, 1, 'L/s'] as const
  const text = (value: number) => (scale === 1 ? String(value) : (value * scale).toFixed(2))
  return rampOf(engine, aspect).map((token, i) => {
    const [low, high] = [limits[i - 1], limits[i]]
    const range = low === undefined ? `< ${text(limits[0])}` : high === undefined ? `≥ ${text(low)}` : `${text(low)}–${text(high)}`
    return { token, text: `${range} ${unit}` }
  })
}
