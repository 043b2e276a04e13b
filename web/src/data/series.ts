// 过程: samples of a few points over the last hours, loaded once and then lengthened by the stream.
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { serverNow } from './clock'
import { ask } from './http'
import { onReadings, type Arrived } from './live'
import type { Quality, SeriesSample, SeriesView } from './types'

const qualityCode: Record<Quality, number> = { good: 0, suspect: 1, missing: 2, manual: 3, estimated: 4 }
const hourMs = 3600_000
/** Loaded again this often, ms of the wall clock, to take in what came late. */
const againMs = 60_000

/** A sample put where its time belongs; another value for the same time replaces it. */
export function withSample(samples: readonly SeriesSample[], one: SeriesSample): SeriesSample[] {
  let at = samples.length
  while (at > 0 && (samples[at - 1]?.[0] ?? 0) > one[0]) at -= 1
  const same = samples[at - 1]?.[0] === one[0]
  return [...samples.slice(0, same ? at - 1 : at), one, ...samples.slice(at)]
}

export interface Recent {
  /** Samples by point. */
  samples: Ref<ReadonlyMap<number, SeriesSample[]>>
  /** The window's edges, ms; moves with the newest data. */
  from: Ref<number>
  to: Ref<number>
  /** Whether the first load is done. */
  ready: Ref<boolean>
  problem: Ref<unknown>
}

/** The last `hours` of the points that `points` names, kept up to date as long as the component lives. */
export function useRecent(points: () => number[], hours: number): Recent {
  const samples = shallowRef<ReadonlyMap<number, SeriesSample[]>>(new Map())
  const to = ref(serverNow())
  const from = ref(to.value - hours * hourMs)
  const ready = ref(false)
  const problem = shallowRef<unknown>(null)
  let asked = 0

  async function load() {
    const wanted = points()
    asked += 1
    const mine = asked
    if (!wanted.length) return void (samples.value = new Map())
    slide()
    try {
      const query = { points: wanted.join(), from: new Date(from.value).toISOString(), to: new Date(to.value + hourMs).toISOString(), max: 1000 }
      const { series } = await ask<{ series: SeriesView[] }>('/series', { query })
      if (mine !== asked) return
      samples.value = new Map(series.map((s) => [s.point, s.samples]))
      problem.value = null
      ready.value = true
    } catch (thrown) {
      if (mine === asked) problem.value = thrown
    }
  }

  function slide() {
    to.value = serverNow()
    from.value = to.value - hours * hourMs
  }

  function lengthen(batch: Arrived[]) {
    let changed: Map<number, SeriesSample[]> | undefined
    const wanted = new Set(points())
    for (const packet of batch) {
      for (const reading of packet.readings) {
        if (!wanted.has(reading.point)) continue
        changed ??= new Map(samples.value)
        const one: SeriesSample = [Date.parse(reading.at), reading.value, qualityCode[reading.quality], packet.packet]
        changed.set(reading.point, withSample(changed.get(reading.point) ?? [], one))
      }
    }
    if (!changed) return
    slide()
    for (const [point, all] of changed) {
      const first = all.findIndex((s) => s[0] >= from.value)
      if (first > 50) changed.set(point, all.slice(first))
    }
    samples.value = changed
  }

  const stop = onReadings(lengthen)
  const timer = setInterval(() => void load(), againMs)
  watch(() => points().join(), () => void load(), { immediate: true })
  onScopeDispose(() => {
    stop()
    clearInterval(timer)
    asked += 1
  })
  return { samples, from, to, ready, problem }
}
