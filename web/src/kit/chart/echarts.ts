// ECharts, only the parts we draw with, loaded when the first chart is on the page.
import type { EChartsType } from 'echarts/core'

export type { EChartsType }

async function load() {
  const [core, charts, components, renderers] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ])
  core.use([
    charts.LineChart,
    charts.BarChart,
    components.GridComponent,
    components.MarkLineComponent,
    components.DataZoomComponent,
    components.ToolboxComponent,
    components.TooltipComponent,
    components.AxisPointerComponent,
    renderers.CanvasRenderer,
  ])
  return core
}

let once: ReturnType<typeof load> | undefined

export function echarts(): ReturnType<typeof load> {
  once ??= load()
  return once
}
