// 声音: one sound per level, only while something unacknowledged stands; muted for two minutes at
// most, never for good.
import { computed, ref, watch } from 'vue'
import { alarms } from '@/data/live'
import { severityRank } from '@/kit/mark'
import type { AlarmView, Severity } from '@/data/types'

/** How long silence lasts, ms. */
export const muteMs = 120_000

/** Notes (Hz) and how often they come again (ms): the worse, the higher and the oftener. */
const tunes: Record<Severity, { notes: number[]; every: number }> = {
  red: { notes: [880, 660, 880, 660], every: 3000 },
  orange: { notes: [740, 740, 740], every: 6000 },
  yellow: { notes: [587, 587], every: 15_000 },
  blue: { notes: [440], every: 30_000 },
}

/** Whether an alarm calls for ears. */
export function calls(alarm: AlarmView): boolean {
  return (alarm.state === 'raised' || alarm.state === 'returned_unacknowledged') && !alarm.shelf && !alarm.suppressed
}

/** The worst unacknowledged level; null when all is quiet. */
export const worst = computed<Severity | null>(() => {
  let found: Severity | null = null
  for (const a of alarms.value.values()) {
    if (calls(a) && (!found || severityRank[a.severity] > severityRank[found])) found = a.severity
  }
  return found
})

/** When the mute ends, by this machine's running time; 0 when not muted. */
export const mutedUntil = ref(0)
/** Browsers let a page sound only after somebody has touched it. */
export const allowed = ref(false)

let context: AudioContext | undefined
let timer: ReturnType<typeof setTimeout> | undefined

function beep(level: Severity) {
  if (!context || context.state !== 'running') return
  tunes[level].notes.forEach((hz, i) => {
    if (!context) return
    const start = context.currentTime + i * 0.22
    const tone = new OscillatorNode(context, { frequency: hz, type: 'triangle' })
    const gain = new GainNode(context, { gain: 0 })
    gain.gain.setValueAtTime(0, start)
    gain.gain.linearRampToValueAtTime(0.25, start + 0.02)
    gain.gain.linearRampToValueAtTime(0, start + 0.18)
    tone.connect(gain).connect(context.destination)
    tone.start(start)
    tone.stop(start + 0.2)
  })
}

function round() {
  clearTimeout(timer)
  const level = worst.value
  if (!level) return
  if (performance.now() >= mutedUntil.value) beep(level)
  timer = setTimeout(round, tunes[level].every)
}

export function mute(): void {
  mutedUntil.value = performance.now() + muteMs
}

export function unmute(): void {
  mutedUntil.value = 0
  round()
}

async function allow() {
  context ??= new AudioContext()
  await context.resume().catch(() => undefined)
  allowed.value = context.state === 'running'
  if (allowed.value) {
    removeEventListener('pointerdown', allow)
    removeEventListener('keydown', allow)
    round()
  }
}

/** Begins to listen for alarms; once, by the shell. */
export function startSound(): () => void {
  addEventListener('pointerdown', allow)
  addEventListener('keydown', allow)
  const stop = watch(worst, round)
  return () => {
    stop()
    clearTimeout(timer)
    removeEventListener('pointerdown', allow)
    removeEventListener('keydown', allow)
  }
}
