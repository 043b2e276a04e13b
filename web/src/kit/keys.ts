// 快捷键: every page says its keys; the newest listener goes first, `?` lists what holds here.
import { onScopeDispose, shallowReactive } from 'vue'

export interface Key {
  /** As `KeyboardEvent.key`; letters in lower case. */
  key: string
  what: string
  run: () => void
  /** Also while typing in a field. */
  typing?: boolean
}

type Source = () => Key[]
const sources = shallowReactive<Source[]>([])

/** Every key that holds now, newest first, one per key. */
export function keysNow(): Key[] {
  const seen = new Map<string, Key>()
  for (const source of [...sources].reverse()) {
    for (const key of source()) if (!seen.has(key.key)) seen.set(key.key, key)
  }
  return [...seen.values()]
}

/** Keys that hold as long as the component lives. */
export function useKeys(source: Source): void {
  sources.push(source)
  onScopeDispose(() => {
    const at = sources.indexOf(source)
    if (at >= 0) sources.splice(at, 1)
  })
}

const types = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** Runs what a key press stands for; whether there was anything. */
export function pressed(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const key = keysNow().find((k) => k.key === name)
  if (!key || (types(event.target) && !key.typing && name !== 'Escape')) return false
  // Enter on a button or link is the button's own.
  if (name === 'Enter' && event.target instanceof HTMLElement && event.target.closest('button, a, [role=tab], tr[tabindex]')) return false
  event.preventDefault()
  key.run()
  return true
}
