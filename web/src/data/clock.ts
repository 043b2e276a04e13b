// 时钟: the server's time, which in the demo may run up to 600 times as fast as the wall clock.
// Never reads the machine's time of day: a wrong clock on a desk changes nothing on the screen.
import { ref, shallowRef } from 'vue'
import type { ClockView } from './types'

interface Anchor {
  server: number
  here: number
  speed: number
}

let anchor: Anchor = { server: Date.now(), here: performance.now(), speed: 1 }

/** The clock as last told by the server; null before it spoke. */
export const clock = shallowRef<ClockView | null>(null)
/** The server's time, ms since 1970; moves once a second (four times in a fast demo). */
export const now = ref(anchor.server)

/** The server's time at this very moment. */
export function serverNow(): number {
  return anchor.server + (performance.now() - anchor.here) * anchor.speed
}

/** Takes what the server said its time is. */
export function setClock(said: ClockView): void {
  clock.value = said
  anchor = { server: Date.parse(said.now), here: performance.now(), speed: said.paused ? 0 : said.speed }
  now.value = anchor.server
}

let timer: ReturnType<typeof setInterval> | undefined
let ticked = 0

/** Lets `now` tick; called once by the application. */
export function startClock(): void {
  timer ??= setInterval(() => {
    const fast = anchor.speed > 1
    ticked += 1
    if (fast || ticked % 4 === 0) now.value = serverNow()
  }, 250)
}
