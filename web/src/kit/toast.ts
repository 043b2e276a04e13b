// 提示: short words at the foot of the page, with a way back for ten seconds where there is one.
import { shallowRef } from 'vue'
import { asProblem } from '@/data/http'

export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'bad'
  undo?: () => void | Promise<void>
  until: number
}

/** How long an act can be taken back, ms. */
export const undoMs = 10_000
/** More would hide the page; the oldest goes. */
const most = 4

export const toasts = shallowRef<Toast[]>([])
let made = 0

/** Says something; `undo` offers the way back for ten seconds. */
export function toast(text: string, how: { undo?: Toast['undo']; tone?: Toast['tone'] } = {}): void {
  made += 1
  const lasting = how.undo || how.tone === 'bad' ? undoMs : 4000
  const one: Toast = { id: made, text, tone: how.tone ?? 'plain', undo: how.undo, until: performance.now() + lasting }
  toasts.value = [...toasts.value, one].slice(-most)
  setTimeout(() => dropToast(one.id), lasting)
}

/** Says what went wrong and what to do. */
export function toastProblem(thrown: unknown): void {
  toast(asProblem(thrown).sentence, { tone: 'bad' })
}

export function dropToast(id: number): void {
  toasts.value = toasts.value.filter((t) => t.id !== id)
}
