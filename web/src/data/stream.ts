// 实时流: one server-sent event stream for the whole application. It resumes by itself from the last
// event; where the server says the gap is too long (`reload`), or it had to be opened anew,
// everything is loaded again. What it never does: pretend to be live when nothing has come.
import { ref, shallowRef } from 'vue'
import type { StreamEvents } from './types'

export type Phase = 'off' | 'connecting' | 'live' | 'broken'
export interface Connection {
  phase: Phase
  /** Since when nothing has come, by this machine's running time (ms); null while live. */
  since: number | null
  /** How often it was lost. */
  losses: number
  /** What was known before is not complete any more: load again. */
  stale: boolean
}
export type Happening = 'open' | 'opened' | 'event' | 'lost' | 'shut' | 'quiet' | 'reload' | 'loaded' | 'stop'

export const offline: Connection = { phase: 'off', since: null, losses: 0, stale: false }

/** How the connection changes: pure, so that it can be tested without a server. */
export function next(was: Connection, happening: Happening, at: number): Connection {
  switch (happening) {
    case 'open':
      return { ...was, phase: was.phase === 'broken' ? 'broken' : 'connecting', since: was.since ?? at }
    case 'opened':
    case 'event':
      return was.phase === 'live' ? was : { ...was, phase: 'live', since: null }
    case 'lost':
    case 'quiet':
      return was.phase === 'live' ? { ...was, phase: 'broken', since: at, losses: was.losses + 1 } : { ...was, phase: 'broken', since: was.since ?? at }
    case 'shut':
      // Opened anew, the browser does not say where we were: load again.
      return { ...next(was, 'lost', at), stale: true }
    case 'reload':
      return { ...was, stale: true }
    case 'loaded':
      return { ...was, stale: false }
    case 'stop':
      return offline
  }
}

/** The state of the one stream. */
export const connection = shallowRef<Connection>(offline)
/** Wall-clock ms since the stream was lost; 0 while live. */
export const lostFor = ref(0)

/** The server beats at least every 10 s; longer silence means the line is dead, ms. */
const quietAfter = 25_000
/** Waits between attempts of our own, ms: short, then longer. */
const waits = [1000, 2000, 5000, 10_000]

type Name = keyof StreamEvents
type Hear<N extends Name> = (event: StreamEvents[N]) => void
const listeners = new Map<Name, Set<Hear<never>>>()
const names: Name[] = ['readings', 'alarm', 'order', 'message', 'command', 'station', 'registry', 'clock', 'quarantine', 'reload']

let source: EventSource | undefined
let retry: ReturnType<typeof setTimeout> | undefined
let watchdog: ReturnType<typeof setInterval> | undefined
let attempts = 0
let heard = 0

function happen(happening: Happening) {
  connection.value = next(connection.value, happening, performance.now())
}

/** Hears every event of a name until the returned function is called. */
export function hear<N extends Name>(name: N, then: Hear<N>): () => void {
  const all = listeners.get(name) ?? new Set()
  listeners.set(name, all)
  all.add(then as Hear<never>)
  return () => all.delete(then as Hear<never>)
}

function tell(name: Name, event: MessageEvent<string>) {
  heard = performance.now()
  happen('event')
  if (name === 'reload') happen('reload')
  const said: unknown = JSON.parse(event.data || '{}')
  for (const then of listeners.get(name) ?? []) (then as (e: unknown) => void)(said)
}

function connect() {
  source?.close()
  happen('open')
  const mine = new EventSource('/api/v1/stream')
  source = mine
  mine.onopen = () => {
    heard = performance.now()
    attempts = 0
    happen('opened')
  }
  mine.onerror = () => {
    if (mine.readyState !== EventSource.CLOSED) return happen('lost')
    happen('shut')
    reconnect()
  }
  for (const name of names) mine.addEventListener(name, (e) => tell(name, e as MessageEvent<string>))
}

function reconnect() {
  clearTimeout(retry)
  retry = setTimeout(connect, waits[Math.min(attempts, waits.length - 1)])
  attempts += 1
}

/** Opens the stream; once per application. */
export function openStream(): void {
  if (source || retry) return
  connect()
  watchdog = setInterval(() => {
    const at = performance.now()
    if (connection.value.phase === 'live' && at - heard > quietAfter) {
      happen('quiet')
      happen('shut')
      connect()
    }
    lostFor.value = connection.value.since === null ? 0 : at - connection.value.since
  }, 1000)
  globalThis.addEventListener?.('online', backOnline)
  globalThis.addEventListener?.('offline', goneOffline)
}

function goneOffline() {
  happen('lost')
}

function backOnline() {
  if (source && connection.value.phase !== 'live') connect()
}

/** Closes the stream (signing out). */
export function closeStream(): void {
  source?.close()
  source = undefined
  clearTimeout(retry)
  retry = undefined
  clearInterval(watchdog)
  globalThis.removeEventListener?.('online', backOnline)
  globalThis.removeEventListener?.('offline', goneOffline)
  happen('stop')
}

/** Says that everything has been loaded again. */
export function loadedAgain(): void {
  happen('loaded')
}
