// What the server says and takes: the views of /api/v1. Times are RFC 3339 with offset.

export type Time = string
export type Severity = 'blue' | 'yellow' | 'orange' | 'red'
export type StationKind = 'rain' | 'ponding' | 'manhole' | 'river' | 'pump' | 'reservoir'
export type Quantity = 'rain' | 'rain_total' | 'level' | 'depth' | 'flow' | 'voltage' | 'pumps_running' | 'status'
export type Quality = 'good' | 'suspect' | 'missing' | 'manual'
export type Role = 'dispatcher' | 'block_owner' | 'administrator'
export type ChannelKind = 'wecom_app' | 'wecom_robot' | 'dingtalk_robot' | 'sms' | 'web_push' | 'email'
export type AlarmState = 'raised' | 'acknowledged' | 'returned_unacknowledged' | 'returned' | 'closed'
export type OrderState = 'sent' | 'accepted' | 'departed' | 'arrived' | 'handled' | 'closed'
export type DeliveryState = 'waiting' | 'handing' | 'sent' | 'delivered' | 'given_up'

export interface Page<T> {
  items: T[]
  next?: string | null
}

export interface Position {
  lon: number
  lat: number
}
export type LonLat = [number, number]
export type Ring = LonLat[]

export interface PersonBrief {
  id: number
  name: string
  name_en: string
  mobile?: string | null
}
export interface PersonView extends PersonBrief {
  login: string
  role: Role
  mobile: string | null
  channels: ChannelKind[]
  synthetic?: boolean
}
export interface BlockBrief {
  id: number
  code: string
  name: string
  name_en: string
  /** Its town's name. */
  town: string
  town_en?: string
  town_code?: string
}
export interface StationBrief {
  code: string
  name: string
  name_en: string
  kind: StationKind
  position: Position
}

export interface Thresholds {
  blue?: number | null
  yellow?: number | null
  orange?: number | null
  red?: number | null
}
export interface Latest {
  at: Time
  value: number | null
  quality: Quality
  packet: number
}
export interface PointView {
  id: number
  quantity: Quantity
  unit: string
  elements: string[]
  min: number
  max: number
  headline: boolean
  latest: Latest | null
  thresholds: Thresholds | null
  trend_per_10min: number | null
}
export interface Maintenance {
  until: Time
  reason: string
}
export interface StationView extends StationBrief {
  block: BlockBrief
  report_interval_s: number
  ground_m: number | null
  crown_m: number | null
  maintenance: Maintenance | null
  synthetic: boolean
  points: PointView[]
  last_received_at: Time | null
  online: boolean
  online_rate: number | null
  drift_s: number | null
  severity: Severity | null
  etag?: string
}

export interface SampleView {
  at: Time
  value: number | null
  quality: Quality
}
export interface Shelf {
  by: PersonBrief | number
  reason: string
  until: Time
}
export interface AlarmView {
  id: number
  rule: number
  kind: string
  station: StationBrief
  block: BlockBrief
  point: { id: number; quantity: Quantity; unit: string }
  state: AlarmState
  severity: Severity
  peak: Severity
  evidence: { value: number; threshold: number; samples: SampleView[] }
  raised_at: Time
  changed_at: Time
  acknowledged: { by: PersonBrief; at: Time } | null
  returned_at: Time | null
  closed_at: Time | null
  shelf: Shelf | null
  suppressed: boolean
  risk: number
  now: { at: Time; value: number | null } | null
  trend_per_10min: number | null
  order: { id: number; state: OrderState; assignee: PersonBrief } | null
}
export interface RainNear {
  station: string
  name: string
  name_en: string
  mm_1h: number | null
  distance_m: number
}
export interface PumpNear {
  station: string
  name: string
  name_en: string
  running: number | null
  level: number | null
  distance_m: number
}
export interface Context {
  rain_near: RainNear[]
  pump_near: PumpNear[]
  owner: { person: PersonBrief; until: Time } | null
  neighbour: PersonBrief | null
  supervisor: PersonBrief | null
}
export interface AlarmCard extends AlarmView, Context {
  timeline: LineView[]
  messages: MessageView[]
}
export interface LineView {
  seq: number
  at: Time
  actor: { kind: string; id?: number | string | null; name?: string | null; name_en?: string | null }
  subject: string
  act: string
  body: unknown
  hash: string
}

export interface DeliveryView {
  channel: ChannelKind
  state: DeliveryState
  attempts: number
  changed_at: Time
  receipt: string | null
  merged_into: number | null
}
export interface MessageView {
  id: number
  person: PersonBrief
  severity: Severity
  alarm: number | null
  order: number | null
  template: string
  params: Record<string, unknown>
  created_at: Time
  read_at: Time | null
  deliveries: DeliveryView[]
}
export interface PersonLedger {
  person: PersonBrief
  asked: number
  sent: number
  delivered: number
  read: number
  failed: number
}
export interface ChannelView {
  channel: ChannelKind
  configured: boolean
  budget: { per_minute: number; left: number } | null
  waiting: number
  last_error: string | null
}

export interface OrderAlarm {
  id: number
  kind: string
  severity: Severity
  state: AlarmState
  value: number
  threshold: number
  unit: string
}
export type Arrival =
  | { kind: 'proven'; distance_m: number }
  | { kind: 'without_position'; distance_m: number | null }
export type OrderActName = 'accept' | 'depart' | 'arrive' | 'handle' | 'reassign' | 'close'
export interface OrderView {
  id: number
  number: string
  station: StationBrief
  spot: Position
  block: BlockBrief
  alarms: OrderAlarm[]
  severity: Severity
  state: OrderState
  assignee: PersonBrief
  escalation: number
  sent_at: Time
  accepted_at: Time | null
  departed_at: Time | null
  arrived_at: Time | null
  arrival: Arrival | null
  handled_at: Time | null
  handling: { text: string; photos: string[] } | null
  closed_at: Time | null
  closed_by: PersonBrief | null
  closed_reason: string | null
  changed_at: Time
  mine: boolean
  can: OrderActName[]
}
export interface OrderCard extends OrderView {
  card: Context & {
    level: { at: Time; value: number | null; unit: string; trend_per_10min: number | null; threshold: number | null } | null
    bring: string[]
    timeline: LineView[]
    messages: MessageView[]
  }
}

export interface ClockView {
  now: Time
  speed: number
  paused: boolean
  demo: boolean
  synthetic: boolean
  storm?: string | null
}
export interface PlaybackView extends ClockView {
  storm: string | null
  storm_began_at: Time | null
  people: boolean
  dispatcher: boolean
  leapt_at?: Time | null
  storms: StormView[]
}
export interface StormView {
  id: string
  title: string
  title_en: string
  starts_at: Time
  hours: number
  areal_mm: number
  gauges: { name: string; mm: number }[]
}

export interface MapView {
  centre: LonLat
  bounds: [number, number, number, number]
  service_area: Ring[]
  towns: { code: string; name: string; name_en: string; ring: Ring; middle: LonLat }[]
  blocks: (BlockBrief & { ring: Ring; middle: LonLat })[]
  rivers: MapLine[]
  roads: MapLine[]
  reservoirs: { name: string; name_en: string; rings: Ring[] }[]
}
export interface MapLine {
  name: string
  name_en: string
  lines: LonLat[][]
  width_m: number
}

export interface RainSums {
  h1: number | null
  h3: number | null
  h6: number | null
  h24: number | null
  day: number | null
}
export interface RainGauge extends RainSums {
  station: string
  name: string
  name_en: string
  position: Position
}
export interface RainView {
  at: Time
  gauges: RainGauge[]
  areal: RainSums
  hyetograph: { at: Time; mm: number | null }[]
  max: { station: string; name: string; name_en?: string; mm: number } | null
}

/** `[ms since 1970, value, quality code 0 good 1 suspect 2 missing 3 manual, packet]` */
export type SeriesSample = [number, number | null, number, number]
export interface SeriesView {
  point: number
  quantity: Quantity
  unit: string
  station: string
  samples: SeriesSample[]
}

export interface Overview {
  stations: { total: number; online: number; silent: string[] }
  alarms: { unacknowledged: number; active: number; returned: number; shelved: number; today: number }
  orders: { open: number; late: number }
  acknowledge_p50_s: number | null
}

export interface FieldMark {
  start: number
  end: number
  name: string
}
export interface PacketView {
  seq: number
  station: string
  received_at: Time
  sent_at: Time | null
  protocol: string
  hex: string
  readings: { point: number; at: Time; value: number | null; quality: Quality }[]
  decoded: unknown
  fields: FieldMark[]
}
export interface QuarantineView {
  id: number
  at: Time
  peer: string
  protocol: string
  station: string | null
  reason: string
  detail: string
  hex: string
  times: number
  decoded: unknown
  fields: FieldMark[]
  dismissed_by: PersonBrief | null
}

export interface DemoLogin {
  login: string
  password: string
  role: Role
  name: string
  name_en: string
}

export interface RuleView {
  id: number
  point: number
  kind: string
  params: Record<string, unknown>
  enabled: boolean
  etag: string
}

/** What an act answers with: the journal line it wrote and the thing as it is now. */
export interface AlarmActed {
  line: LineView
  alarm: AlarmView
}
export interface OrderActed {
  line: LineView
  order: OrderView
}

/** What one packet brought. */
export interface PacketReadings {
  packet: number
  station: string
  received_at: Time
  readings: { point: number; at: Time; value: number | null; quality: Quality }[]
}

/** What the stream carries, by event name. */
export interface StreamEvents {
  readings: { items: PacketReadings[] }
  alarm: AlarmView
  order: OrderView
  message: MessageView
  station: { code: string }
  registry: Record<string, never>
  clock: ClockView & Partial<PlaybackView>
  quarantine: { open: number }
  reload: Record<string, never>
}
