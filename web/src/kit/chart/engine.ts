// The parts of ECharts we draw with; a module of its own, so that the rest is left out of the bundle
// and all of it is loaded only when the first chart is on the page.
import { CustomChart, LineChart } from 'echarts/charts'
import {
  AxisPointerComponent,
  DataZoomComponent,
  GridComponent,
  MarkLineComponent,
  ToolboxComponent,
  TooltipComponent,
} from 'echarts/components'
import { connect, disconnect, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([LineChart, CustomChart, GridComponent, MarkLineComponent, DataZoomComponent, ToolboxComponent, TooltipComponent, AxisPointerComponent, CanvasRenderer])

export { connect, disconnect, init }
