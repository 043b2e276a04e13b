import { describe, expect, it } from 'vitest'
import { language, nameOf, wordFor, words } from './index'
import { problemSentence, problemWords } from './problems'
import * as terms from './terms'

const components = import.meta.glob<string>('../**/*.vue', { query: '?raw', import: 'default', eager: true })

describe('words', () => {
  const w = words({ plain: { zh: '关闭', en: 'Close' }, told: { zh: (n: number) => `${n} 条`, en: (n: number) => `${n} items` } })
  it('change with the language, without a reload', () => {
    language.value = 'zh'
    expect([w.plain, w.told(3)]).toEqual(['关闭', '3 条'])
    language.value = 'en'
    expect([w.plain, w.told(3)]).toEqual(['Close', '3 items'])
    language.value = 'zh'
  })
  it('show a code nobody has a word for as it is', () => {
    expect(wordFor(terms.kindWord, 'rain')).toBe('雨量')
    expect(wordFor(terms.kindWord, 'well')).toBe('well')
    expect(nameOf(null)).toBe('—')
  })
  it('of the trade are all there in both languages', () => {
    for (const tongue of ['zh', 'en'] as const) {
      language.value = tongue
      for (const table of Object.values(terms)) for (const [key, word] of Object.entries(table)) expect(word, key).toBeTruthy()
      for (const key of Object.keys(problemWords)) expect(problemSentence(key), key).toBeTruthy()
    }
    language.value = 'zh'
  })
  it('never stand naked in a template: every sentence is in a words table', () => {
    const naked: string[] = []
    for (const [name, source] of Object.entries(components)) {
      const template = /<template>([\s\S]*)<\/template>/.exec(source)?.[1] ?? ''
      // 中 is the name of the language on its own switch.
      const found = template.replace(/<!--[\s\S]*?-->/g, '').replace(/中<\/b>/g, '').match(/[\u4e00-\u9fff]+/g)
      if (found) naked.push(`${name}: ${found.join(' ')}`)
    }
    expect(Object.keys(components).length).toBeGreaterThan(20)
    expect(naked).toEqual([])
  })
})
