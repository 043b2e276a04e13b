// 孪生: what the models see, and trials on them. Nodes and links are told by their index in the network.
import { ask } from './http'
import type { components } from './types.gen'

type S = components['schemas']

export type Engine = 'storm' | 'supply'
/** What is wrong with a model: a code and what its sentence needs. */
export type Trouble = { code: string } & Record<string, unknown>
export type EngineView = Omit<S['EngineView'], 'troubles'> & { troubles: Trouble[] }
export type NetworkView = Omit<S['NetworkView'], 'places' | 'ends'> & { places: ([number, number] | null)[]; ends: [number, number][] }
export type StormTwin = S['StormTwinView']
export type StreetsTwin = S['StreetsTwinView']
export type Street = S['StreetView']
export type SupplyTwin = S['SupplyTwinView']
export type Outlook = S['OutlookView']
export type PressureTwin = S['PressureView']
export type StationTwin = S['StationTwinView']
export type ScoreView = S['ScoreView']
export type EventScores = S['EventScoresView']
export type Scores = S['ScoresView']
export type WhatIfAct = S['WhatIfAct']
export type WhatIf = S['WhatIfView']

export const twinEngines = (signal?: AbortSignal) => ask<{ items: EngineView[] }>('/twin', { signal })
export const twinNetwork = (engine: Engine, signal?: AbortSignal) => ask<NetworkView>(`/twin/networks/${engine}`, { signal })
export const twinStorm = (signal?: AbortSignal) => ask<StormTwin>('/twin/storm', { signal })
export const twinStreets = (signal?: AbortSignal) => ask<StreetsTwin>('/twin/streets', { signal })
export const twinSupply = (signal?: AbortSignal) => ask<SupplyTwin>('/twin/supply', { signal })
export const twinScores = (signal?: AbortSignal) => ask<Scores>('/twin/scores', { signal })
export const twinStation = (code: string, signal?: AbortSignal) => ask<StationTwin>(`/twin/stations/${code}`, { signal })
export const whatIf = (acts: WhatIfAct[]) => ask<WhatIf>('/twin/what-if', { method: 'POST', body: { acts } })
