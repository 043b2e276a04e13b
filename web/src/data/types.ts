// What the server says and takes. The shapes come from the generated file (`npm run types`); here they
// get short names, and what JSON schema cannot say (a pair, a tuple) is said more exactly.
import type { components } from './types.gen'

type S = components['schemas']

/** RFC 3339 with offset. */
export type Time = string
export type Severity = S['Severity']
export type StationKind = S['StationKind']
export type Quantity = S['Quantity']
export type Quality = S['Quality']
export type Role = S['Role']
export type ChannelKind = S['ChannelKind']
export type AlarmState = S['AlarmState']
export type OrderState = S['OrderState']
export type DeliveryState = S['DeliveryState']
/** Every code a refusal can carry. */
export type ProblemCode = S['ProblemCode']

/** A list; `next` is given back as `cursor`. */
export interface Page<T> {
  items: T[]
  next?: string | null
}

export type Position = S['PositionView']
/** Longitude, latitude. */
export type LonLat = [number, number]
export type Ring = LonLat[]

export type PersonBrief = S['PersonBrief']
export type PersonView = S['PersonView']
export type BlockBrief = S['BlockBrief']
export type StationBrief = S['StationBrief']
export type Thresholds = Partial<S['ThresholdsView']>
export type Latest = S['LatestView']
export type PointView = S['PointView']
export type Maintenance = S['MaintenanceView']
export type StationView = S['StationView']

export type SampleView = S['SampleView']
export type Shelf = S['ShelfView']
export type AlarmView = S['AlarmView']
export type RainNear = S['RainNear']
export type PumpNear = S['PumpNear']
/** What one must know about a spot: rain and pumps nearby, the people of its block. */
export interface Context {
  rain_near: RainNear[]
  pump_near: PumpNear[]
  owner: S['OnDuty'] | null
  neighbour: PersonBrief | null
  supervisor: PersonBrief | null
}
export type CommandView = S['CommandView']
export type CommandActed = S['CommandActed']
export type PictureView = S['PictureView']
export type AlarmCard = S['AlarmCard']
export type LineView = S['LineView']

export type DeliveryView = S['DeliveryView']
export type MessageView = Omit<S['MessageView'], 'params'> & { params: Record<string, unknown> }
export type PersonLedger = S['PersonLedger']
export type ChannelView = S['ChannelView']

export type OrderAlarm = S['OrderAlarm']
export type Arrival = S['ArrivalView']
export type OrderActName = S['OrderActName']
export type OrderView = S['OrderView']
export type OrderCard = OrderView & {
  card: Context & {
    dispatcher?: PersonBrief | null
    level: S['SpotLevel'] | null
    /** What to take along, as codes. */
    bring: string[]
    timeline: LineView[]
    messages: MessageView[]
  }
}

export type ClockView = S['ClockView']
export type StormView = S['StormView']
export type PlaybackView = ClockView & { storms: StormView[] }

export type MapLine = Omit<S['LineShape'], 'lines'> & { lines: LonLat[][] }
export interface MapView {
  centre: LonLat
  /** West, south, east, north. */
  bounds: [number, number, number, number]
  service_area: Ring[]
  towns: (Omit<S['TownShape'], 'ring' | 'middle'> & { ring: Ring; middle: LonLat })[]
  blocks: (BlockBrief & { ring: Ring; middle: LonLat })[]
  rivers: MapLine[]
  roads: MapLine[]
  reservoirs: (Omit<S['AreaShape'], 'rings'> & { rings: Ring[] })[]
}

export type RainSums = S['RainSums']
export type RainGauge = S['RainGauge']
export type RainView = S['RainView']

/** `[ms since 1970, value, quality code 0 good 1 suspect 2 missing 3 manual 4 estimated, packet]` */
export type SeriesSample = [number, number | null, number, number]
export type SeriesView = Omit<S['SeriesView'], 'samples'> & { samples: SeriesSample[] }

export type Overview = S['Overview']
export type StorageView = S['StorageView']
export type FieldMark = S['FieldMark']
export type PacketView = S['PacketView']
export type ProtocolView = S['ProtocolView']
export type DecodedFrame = S['DecodedFrame']
export type QuarantineView = S['QuarantineView']
export type DemoLogin = S['DemoLogin']
export type DutyView = S['DutyView']
export type RuleView = Omit<S['RuleView'], 'params'> & { params: Record<string, unknown> }

/** What an act answers with: the journal line it wrote and the thing as it is now. */
export type AlarmActed = S['AlarmActed']
export type OrderActed = S['OrderActed']

/** What one packet brought. */
export type PacketReadings = S['PacketReadings']

/** What the stream carries, by event name. */
export interface StreamEvents {
  readings: { items: PacketReadings[] }
  alarm: AlarmView
  order: OrderView
  message: MessageView
  command: CommandView
  station: { code: string }
  registry: Record<string, never>
  clock: ClockView
  quarantine: { open: number }
  reload: Record<string, never>
}
