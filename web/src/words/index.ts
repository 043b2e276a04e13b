// Words for people, in both languages. They stand beside the component that says them; a missing
// language is a compile error. Changing the language needs no reload: every reading of a word in a
// template follows `language`.
import { ref, watch } from 'vue'

export type Language = 'zh' | 'en'

type Say = string | ((...args: never[]) => string)
type Entry = { zh: Say; en: Say }
/** Both languages take the same things. */
type Matched<W> = { [K in keyof W]: W[K] extends { zh: infer Z } ? { en: Z extends string ? string : Z } : never }
/** The words in the present language. */
export type Words<W> = {
  readonly [K in keyof W]: W[K] extends { zh: infer Z } ? (Z extends string ? string : Z) : never
}

const kept = 'zhizhen.language'
const stored = typeof localStorage === 'undefined' ? null : localStorage.getItem(kept)

/** The language of everything on the screen. */
export const language = ref<Language>(stored === 'en' ? 'en' : 'zh')

watch(
  language,
  (now) => {
    document.documentElement.lang = now === 'zh' ? 'zh-CN' : 'en'
    localStorage.setItem(kept, now)
  },
  { immediate: true },
)

/** `words({ close: { zh: '关闭', en: 'Close' } }).close` is the word in the present language. */
export function words<const W extends Record<string, Entry>>(all: W & Matched<W>): Words<W> {
  const spoken = {}
  for (const key of Object.keys(all)) {
    Object.defineProperty(spoken, key, { enumerable: true, get: () => all[key]?.[language.value] })
  }
  return spoken as Words<W>
}

/** The word for a code the server sent; a code nobody has a word for yet is shown as it is. */
export function wordFor(all: Record<string, unknown>, code: string): string {
  const word = all[code]
  return typeof word === 'string' ? word : code
}

/** The name of a thing that has one in each language. */
export function nameOf(thing: { name?: string | null; name_en?: string | null } | null | undefined): string {
  if (!thing) return '—'
  return (language.value === 'en' && thing.name_en) || thing.name || thing.name_en || '—'
}
