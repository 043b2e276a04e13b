// Loading something: what is known, what went wrong, and whether it takes long enough to say so.
import { onScopeDispose, ref, shallowRef, watch, type Ref, type WatchSource } from 'vue'
import { asProblem, type Problem } from '@/data/http'

export interface Load<T> {
  data: Ref<T | undefined>
  problem: Ref<Problem | undefined>
  busy: Ref<boolean>
  /** True after 200 ms without an answer: time for a skeleton. */
  slow: Ref<boolean>
  reload: () => Promise<void>
}

/** A skeleton sooner than this would only flicker, ms. */
const patience = 200

/** Loads at once and whenever a source changes; an older answer never overtakes a newer one. */
export function useLoad<T>(fetcher: (signal: AbortSignal) => Promise<T>, sources: WatchSource[] = []): Load<T> {
  const data = shallowRef<T>()
  const problem = shallowRef<Problem>()
  const busy = ref(false)
  const slow = ref(false)
  let running: AbortController | undefined

  async function reload() {
    running?.abort()
    const mine = new AbortController()
    running = mine
    busy.value = true
    const timer = setTimeout(() => (slow.value = true), patience)
    try {
      const value = await fetcher(mine.signal)
      if (running === mine) {
        data.value = value
        problem.value = undefined
      }
    } catch (thrown) {
      if (running === mine && !mine.signal.aborted) problem.value = asProblem(thrown)
    } finally {
      clearTimeout(timer)
      if (running === mine) {
        busy.value = false
        slow.value = false
      }
    }
  }

  if (sources.length) watch(sources, () => void reload())
  onScopeDispose(() => running?.abort())
  void reload()
  return { data, problem, busy, slow, reload }
}
