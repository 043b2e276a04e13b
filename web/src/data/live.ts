// What the screen shows, kept true by the stream: stations, open alarms, open orders, the newest
// messages, rain. Loaded once, then changed by events; events are applied in batches so that 600-fold
// playback costs one drawing per frame, and every accepted reading is seen well within a second.
import { shallowRef, triggerRef } from 'vue'
import { setClock } from './clock'
import { ask } from './http'
import { connection, hear, loadedAgain, openStream, closeStream } from './stream'
import type { AlarmView, ClockView, MapView, MessageView, OrderView, Overview, PacketReadings, Page, RainView, StationView, StreamEvents } from './types'

/** Stations by code. */
export const stations = shallowRef(new Map<string, StationView>())
/** Open alarms by id. */
export const alarms = shallowRef(new Map<number, AlarmView>())
/** Open orders by id. */
export const orders = shallowRef(new Map<number, OrderView>())
/** The newest messages, newest first. */
export const messages = shallowRef<MessageView[]>([])
export const rain = shallowRef<RainView | null>(null)
export const overview = shallowRef<Overview | null>(null)
export const mapView = shallowRef<MapView | null>(null)
/** Frames in quarantine that nobody has looked at. */
export const quarantined = shallowRef(0)
/** Whether only the first pages of the open alarms are here yet. */
export const partial = shallowRef(false)
/** Whether the first load is done; the problem if it failed. */
export const loaded = shallowRef(false)
export const loadProblem = shallowRef<unknown>(null)
/** Every reading as it comes, for charts that append. */
export type Arrived = PacketReadings
const arrivals = new Set<(batch: Arrived[]) => void>()

/** Most open alarms kept on the screen; a whole city in alarm is ten thousand. */
const mostAlarms = 12_000
/** From so many on the list is drawn anew less often. */
const manyAlarms = 1000
const pageSize = 500
const mostMessages = 300
/** Events are applied together this often, ms. */
const batchMs = 100

/** Hears batches of readings until the returned function is called. */
export function onReadings(then: (batch: Arrived[]) => void): () => void {
  arrivals.add(then)
  return () => arrivals.delete(then)
}

type Queued = { [N in keyof StreamEvents]: { name: N; event: StreamEvents[N] } }[keyof StreamEvents]
let queue: Queued[] = []
let flushing: ReturnType<typeof setTimeout> | undefined
let loading = false

function take(item: Queued) {
  queue.push(item)
  if (!loading) flushing ??= setTimeout(flush, batchMs)
}

function flush() {
  flushing = undefined
  const batch = queue
  queue = []
  const readings: Arrived[] = []
  const touched = { stations: false, alarms: false, orders: false, messages: false, rain: false }
  for (const item of batch) {
    if (item.name === 'readings') {
      for (const one of item.event.items) {
        readings.push(one)
        if (applyReadings(one)) touched.rain = true
      }
      touched.stations = true
    } else if (item.name === 'alarm') {
      applyAlarm(item.event)
      touched.alarms = touched.stations = true
    } else if (item.name === 'order') {
      applyOrder(item.event)
      touched.orders = true
    } else if (item.name === 'message') {
      messages.value = [item.event, ...messages.value.filter((m) => m.id !== item.event.id)].slice(0, mostMessages)
    }
  }
  if (readings.length) {
    for (const alarm of alarms.value.values()) touched.alarms = followAlarm(alarm) || touched.alarms
  }
  if (touched.stations) triggerRef(stations)
  if (touched.alarms) {
    // Sorting thousands ten times a second would leave no time for the hand on the keyboard.
    if (alarms.value.size < manyAlarms) triggerRef(alarms)
    else soon('alarms', async () => triggerRef(alarms), 700)
  }
  if (touched.orders) triggerRef(orders)
  if (touched.rain) soon('rain', loadRain, 2000)
  if (touched.stations || touched.alarms) soon('overview', loadOverview, 5000)
  if (readings.length) for (const then of arrivals) then(readings)
}

/** Whether any rain was in it. */
function applyReadings(event: Arrived): boolean {
  const station = stations.value.get(event.station)
  if (!station) return false
  station.last_received_at = event.received_at
  station.online = true
  let rained = false
  for (const reading of event.readings) {
    const point = station.points.find((p) => p.id === reading.point)
    if (!point) continue
    rained ||= point.quantity === 'rain'
    // A late value fills history, it is not the newest.
    if (point.latest && Date.parse(point.latest.at) > Date.parse(reading.at)) continue
    point.trend_per_10min = trendAfter(point, reading)
    point.latest = { at: reading.at, value: reading.value, quality: reading.quality, packet: event.packet }
  }
  return rained
}

function trendAfter(point: StationView['points'][number], reading: Arrived['readings'][number]): number | null {
  const before = point.latest
  const minutes = before ? (Date.parse(reading.at) - Date.parse(before.at)) / 60_000 : 0
  if (!before || before.value === null || reading.value === null || minutes <= 0 || minutes > 30) return point.trend_per_10min
  return ((reading.value - before.value) / minutes) * 10
}

/** Lets an alarm's present value follow its point; whether it changed. */
function followAlarm(alarm: AlarmView): boolean {
  const point = stations.value.get(alarm.station.code)?.points.find((p) => p.id === alarm.point.id)
  if (!point?.latest || alarm.now?.at === point.latest.at) return false
  alarm.now = { at: point.latest.at, value: point.latest.value }
  alarm.trend_per_10min = point.trend_per_10min
  return true
}

/** Newer wins; a closed alarm leaves the screen. */
export function applyAlarm(alarm: AlarmView): void {
  const known = alarms.value.get(alarm.id)
  if (known && Date.parse(known.changed_at) > Date.parse(alarm.changed_at)) return
  if (alarm.state === 'closed') alarms.value.delete(alarm.id)
  else alarms.value.set(alarm.id, alarm)
}

export function applyOrder(order: OrderView): void {
  const known = orders.value.get(order.id)
  if (known && Date.parse(known.changed_at) > Date.parse(order.changed_at)) return
  if (order.state === 'closed') orders.value.delete(order.id)
  else orders.value.set(order.id, order)
  const brief = order.state === 'closed' ? null : { id: order.id, state: order.state, assignee: order.assignee }
  for (const { id } of order.alarms) {
    const alarm = alarms.value.get(id)
    if (alarm) alarm.order = brief
  }
  triggerRef(alarms)
}

/** The answer to an act, shown at once instead of when the stream brings it. */
export function actedAlarm(alarm: AlarmView): void {
  applyAlarm(alarm)
  triggerRef(alarms)
}
export function actedOrder(order: OrderView): void {
  applyOrder(order)
  triggerRef(orders)
}

const waiting = new Map<string, ReturnType<typeof setTimeout>>()
/** Runs `what` at most once per `ms`. */
function soon(name: string, what: () => Promise<void>, ms: number) {
  if (waiting.has(name)) return
  waiting.set(
    name,
    setTimeout(() => {
      waiting.delete(name)
      void what().catch(() => undefined)
    }, ms),
  )
}

async function loadStations() {
  const { items } = await ask<Page<StationView>>('/stations')
  stations.value = new Map(items.map((s) => [s.code, s]))
}

/** Every open alarm, page by page; the first page is on the screen before the last is asked for. */
async function loadAlarms() {
  const found = new Map<number, AlarmView>()
  let cursor: string | null | undefined
  let pages = 0
  do {
    const page = await ask<Page<AlarmView>>('/alarms', { query: { open: true, limit: pageSize, cursor } })
    for (const alarm of page.items) found.set(alarm.id, alarm)
    cursor = page.next
    pages += 1
    // The riskiest come first: they are shown at once, the rest now and then.
    if (pages === 1 || pages % 5 === 0) {
      partial.value = !!cursor
      alarms.value = new Map(found)
      loaded.value = true
    }
  } while (cursor && found.size < mostAlarms)
  alarms.value = found
  partial.value = false
}

async function loadOrders() {
  const { items } = await ask<Page<OrderView>>('/orders', { query: { open: true, limit: pageSize } })
  orders.value = new Map(items.map((o) => [o.id, o]))
}

async function loadMessages() {
  messages.value = (await ask<Page<MessageView>>('/messages', { query: { limit: 100 } })).items
}

async function loadRain() {
  rain.value = await ask<RainView>('/rain', { query: { window_h: 1 } })
}

async function loadOverview() {
  overview.value = await ask<Overview>('/overview')
}

async function loadMap() {
  mapView.value ??= await ask<MapView>('/map')
}

async function loadQuarantine() {
  const { items } = await ask<Page<unknown>>('/quarantine', { query: { open: true, limit: 100 } })
  quarantined.value = items.length
}

/** Loads everything; what comes over the stream meanwhile is applied after it. */
export async function loadAll(): Promise<void> {
  if (loading) return
  loading = true
  loadProblem.value = null
  try {
    setClock(await ask<ClockView>('/clock'))
    await Promise.all([loadMap(), loadStations(), loadAlarms(), loadOrders(), loadRain()])
    await Promise.allSettled([loadOverview(), loadMessages(), loadQuarantine()])
    loaded.value = true
    loadedAgain()
  } catch (thrown) {
    loadProblem.value = thrown
  } finally {
    loading = false
    flush()
  }
}

let stops: (() => void)[] = []

/** Opens the stream and keeps everything true; safe to call again. */
export async function startLive(): Promise<void> {
  if (stops.length) return
  for (const name of ['readings', 'alarm', 'order', 'message'] as const) {
    stops.push(hear(name, (event: StreamEvents[typeof name]) => take({ name, event } as Queued)))
  }
  stops.push(hear('clock', setClock))
  stops.push(hear('quarantine', (e) => (quarantined.value = e.open)))
  stops.push(hear('station', () => soon('stations', loadStations, 500)))
  stops.push(hear('registry', () => soon('stations', loadStations, 500)))
  const timer = setInterval(() => {
    // Lost for good (restarted server, long gap): load again as soon as the line stands.
    if (connection.value.phase === 'live' && (connection.value.stale || loadProblem.value)) void loadAll()
  }, 1000)
  stops.push(() => clearInterval(timer))
  openStream()
  await loadAll()
}

/** Forgets everything (signing out). */
export function stopLive(): void {
  for (const stop of stops) stop()
  stops = []
  closeStream()
  stations.value = new Map()
  alarms.value = new Map()
  orders.value = new Map()
  messages.value = []
  rain.value = null
  overview.value = null
  loaded.value = false
}
