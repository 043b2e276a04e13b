// 主题: night in the control room, day at the desk, wall from four metres; the person's choice is
// kept on this device and goes before the page's own preference.
import { computed, ref, watchEffect } from 'vue'

export type Theme = 'day' | 'night' | 'wall'

const kept = 'zhizhen.theme'
const stored = typeof localStorage === 'undefined' ? null : localStorage.getItem(kept)
const chosen = ref<Theme | null>(stored === 'day' || stored === 'night' || stored === 'wall' ? stored : null)
const preferred = ref<Theme>('night')

/** The theme on the screen. */
export const theme = computed<Theme>(() => chosen.value ?? preferred.value)

/** What a page looks best in; holds until the person chooses. */
export function preferTheme(page: Theme): void {
  preferred.value = page
}

export function chooseTheme(to: Theme): void {
  chosen.value = to
  localStorage.setItem(kept, to)
}

/** Day, night, wall, day… */
export function nextTheme(): void {
  const order: Theme[] = ['night', 'day', 'wall']
  chooseTheme(order[(order.indexOf(theme.value) + 1) % order.length] ?? 'night')
}

watchEffect(() => {
  document.documentElement.dataset.theme = theme.value
})

/** A colour of the present theme, for canvases: `token('--red')`. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
