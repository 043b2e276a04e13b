// ECharts, loaded when the first chart is on the page.
import type { EChartsType } from 'echarts/core'

export type { EChartsType }

type Engine = typeof import('./engine')
let once: Promise<Engine> | undefined

export function echarts(): Promise<Engine> {
  once ??= import('./engine')
  return once
}
