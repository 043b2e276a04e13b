// The ECharts option of the rain-and-level chart: pure, colours come from outside.
import { hourMinute, timeText } from '@/kit/time'
import { fixed } from '@/kit/number'
import { doubtful, rainTop, rangeOf, spread, withGaps, type ChartBand, type ChartLine, type Mark, type RainBar } from './series'

export interface Drawing {
  lines: readonly ChartLine[]
  rain: readonly RainBar[] | null
  /** Drawn under the lines. */
  band?: ChartBand | null
  marks: readonly Mark[]
  markName: (mark: Mark) => string
  from: number
  to: number
  now: number | null
  intervalMs: number
  compact: boolean
  height: number
  colour: (token: string) => string
  /** Names of the axes. */
  rainName: string
  levelName: string
  fontSize: number
}

const rainIndex = 1

/** What ECharts is told to draw. */
export function optionOf(d: Drawing) {
  const [lo, hi] = rangeOf(d.lines, seenBeside(d), !!d.rain)
  const text = { color: d.colour('--dim'), fontSize: d.fontSize, fontFamily: d.colour('--font') }
  const places = hi - lo > 20 ? 0 : hi - lo > 2 ? 1 : 2
  return {
    animation: false,
    textStyle: { fontFamily: d.colour('--font') },
    grid: { outerBoundsMode: 'none', left: d.compact ? 8 : 58, right: d.compact ? 56 : 92, top: d.compact ? 6 : 10, bottom: 24 },
    tooltip: { trigger: 'axis', showContent: false, axisPointer: { type: 'line', snap: false, lineStyle: { color: d.colour('--dim'), width: 1 } } },
    toolbox: { show: true, itemSize: 0, top: -20, feature: { dataZoom: { yAxisIndex: 'none', brushStyle: { color: d.colour('--line-strong'), opacity: 0.3 } } } },
    dataZoom: [{ type: 'inside', zoomOnMouseWheel: 'ctrl', moveOnMouseMove: false, moveOnMouseWheel: false, filterMode: 'none' }],
    xAxis: {
      type: 'time',
      min: d.from,
      max: d.to,
      axisLine: { lineStyle: { color: d.colour('--line-strong') } },
      axisTick: { show: false },
      axisLabel: { ...text, hideOverlap: true, formatter: (ms: number) => (d.to - d.from > 26 * 3600_000 ? timeText(ms, 0).slice(5) : hourMinute(ms)), showMinLabel: false, showMaxLabel: false },
      splitLine: { show: false },
      splitNumber: d.compact ? 4 : 8,
    },
    yAxis: [
      {
        type: 'value',
        show: d.lines.length > 0,
        min: lo,
        max: hi,
        name: d.compact ? '' : d.levelName,
        nameLocation: 'middle',
        nameGap: 40,
        nameTextStyle: text,
        axisLabel: { ...text, show: !d.compact, formatter: (v: number) => fixed(v, places), showMaxLabel: false, showMinLabel: false },
        splitLine: { show: !d.compact, lineStyle: { color: d.colour('--line'), width: 1 } },
        axisPointer: { show: false },
      },
      {
        type: 'value',
        inverse: true,
        min: 0,
        max: d.rain ? rainTop(d.rain, d.lines.length > 0) : 1,
        show: !!d.rain,
        position: d.lines.length ? 'right' : 'left',
        name: d.lines.length || d.compact ? '' : d.rainName,
        nameLocation: 'middle',
        nameGap: 40,
        nameTextStyle: text,
        splitNumber: 6,
        axisLine: { show: false },
        axisLabel: { ...text, show: d.lines.length === 0, formatter: (v: number) => fixed(v, d.rain && rainTop(d.rain, false) < 6 ? 1 : 0), showMaxLabel: false },
        splitLine: { show: d.lines.length === 0, lineStyle: { color: d.colour('--line'), width: 1 } },
        axisPointer: { show: false },
      },
    ],
    series: [...(d.rain ? [rainSeries(d)] : []), ...(d.band ? [bandSeries(d, d.band)] : []), ...d.lines.map((line, i) => lineSeries(d, line, i === 0)), ...d.lines.map((line) => doubtSeries(d, line, [lo, hi])), ...(d.lines.length === 0 ? [empty(d)] : [])],
  }
}

/** What the level axis must hold besides the lines. */
function seenBeside(d: Drawing): (number | null)[] {
  return [...d.marks.map((m) => m.at), ...(d.band?.low ?? []).map((s) => s[1]), ...(d.band?.high ?? []).map((s) => s[1])]
}

/** A band, as one slice between each two moments. */
function bandSeries(d: Drawing, band: ChartBand) {
  const slices = band.low.flatMap((low, i) => {
    const [high, nextLow, nextHigh] = [band.high[i], band.low[i + 1], band.high[i + 1]]
    return high && nextLow && nextHigh ? [[low[0], low[1], high[1], nextLow[0], nextLow[1], nextHigh[1]]] : []
  })
  return {
    id: 'band',
    type: 'custom',
    yAxisIndex: 0,
    data: slices,
    encode: { x: [0, 3], y: [1, 2, 4, 5] },
    renderItem: (_: unknown, api: { value: (n: number) => number; coord: (p: [number, number]) => [number, number] }) => {
      const at = (x: number, y: number) => api.coord([api.value(x), api.value(y)])
      return { type: 'polygon', shape: { points: [at(0, 1), at(0, 2), at(3, 5), at(3, 4)] }, style: { fill: d.colour('--forecast'), opacity: 0.22 } }
    },
    clip: true,
    silent: true,
    z: 2,
  }
}

/** Each bar stands over its own period, whatever the zoom; ECharts' bars would widen the axis. */
function rainSeries(d: Drawing) {
  return {
    id: 'rain',
    type: 'custom',
    yAxisIndex: rainIndex,
    // A period value carries its end: the bar covers the minutes before.
    data: (d.rain ?? []).filter(([, mm]) => mm !== null && mm > 0).map(([at, mm]) => [at - d.intervalMs, at, mm]),
    encode: { x: [0, 1], y: 2 },
    renderItem: (_: unknown, api: { value: (n: number) => number; coord: (p: [number, number]) => [number, number] }) => {
      const from = api.coord([api.value(0), 0])
      const to = api.coord([api.value(1), api.value(2)])
      const width = Math.max(1, (to[0] - from[0]) * 0.86)
      return { type: 'rect', shape: { x: to[0] - width, y: from[1], width, height: to[1] - from[1] }, style: { fill: d.colour('--water'), opacity: 0.75 } }
    },
    clip: true,
    silent: true,
  }
}

const toneOf = (line: ChartLine) => (line.tone === 'faint' ? '--dim' : `--${line.tone ?? 'water'}`)

function lineSeries(d: Drawing, line: ChartLine, first: boolean) {
  return {
    id: line.key,
    name: line.name,
    type: 'line',
    yAxisIndex: 0,
    data: withGaps(line.samples, d.intervalMs).map((p) => ({ value: p.value, symbol: p.symbol, symbolSize: 6 })),
    showSymbol: true,
    showAllSymbol: true,
    connectNulls: false,
    lineStyle: { width: line.tone === 'faint' ? 1 : 2, color: d.colour(toneOf(line)), type: line.dashed ? 'dashed' : 'solid' },
    itemStyle: { color: d.colour(toneOf(line)) },
    silent: true,
    z: 4,
    ...(first ? { markLine: markLine(d) } : {}),
  }
}

/** What the station said and nobody believes: hollow, joined to nothing. */
function doubtSeries(d: Drawing, line: ChartLine, range: [number, number]) {
  return {
    id: `${line.key}?`,
    type: 'line',
    yAxisIndex: 0,
    data: doubtful(line.samples, range),
    showSymbol: true,
    showAllSymbol: true,
    symbol: 'emptyTriangle',
    symbolSize: 8,
    lineStyle: { width: 0 },
    itemStyle: { color: d.colour('--dim') },
    silent: true,
    z: 5,
  }
}

/** Carries the marks where there is no line to carry them. */
function empty(d: Drawing) {
  return { id: 'marks', type: 'line', yAxisIndex: 0, data: [], silent: true, markLine: markLine(d) }
}

function markLine(d: Drawing) {
  const [lo, hi] = rangeOf(d.lines, seenBeside(d), !!d.rain)
  const inside = Math.max(1, d.height - 34)
  const y = (value: number) => ((value - lo) / (hi - lo)) * inside
  const labels = spread(d.marks.map((m) => y(m.at)), d.fontSize + 5)
  const marks = d.marks.map((mark, i) => {
    const natural = mark.kind === 'ground' || mark.kind === 'crown'
    const colour = d.colour(natural ? '--dim' : `--${mark.kind}`)
    return {
      yAxis: mark.at,
      lineStyle: { color: colour, type: natural ? 'solid' : [4, 4], width: natural ? 1.5 : 1 },
      label: {
        show: true,
        position: 'end',
        distance: 6,
        color: colour,
        fontSize: d.fontSize,
        formatter: d.markName(mark),
        offset: [0, -((labels[i] ?? 0) - y(mark.at))],
      },
    }
  })
  const nowMark =
    d.now !== null && d.now > d.from && d.now <= d.to
      ? [{ xAxis: d.now, lineStyle: { color: d.colour('--text'), type: 'solid', width: 1 }, label: { show: false } }]
      : []
  return { silent: true, symbol: 'none', animation: false, data: [...marks, ...nowMark] }
}
