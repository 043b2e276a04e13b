// 搜索: stations, blocks, people and orders by name, code, or the first letters of the pinyin.
import { initials } from './pinyin'
import type { BlockBrief, OrderView, PersonBrief, StationView } from './types'

export interface Found {
  kind: 'station' | 'block' | 'person' | 'order'
  id: string
  name: string
  name_en: string
  hint: string
  hint_en: string
}

export interface Searchable extends Found {
  /** Everything it can be found by, in lower case. */
  keys: string[]
}

const keysOf = (...texts: (string | null | undefined)[]) =>
  texts.filter((t): t is string => !!t).flatMap((t) => [t.toLowerCase(), initials(t)])

/** Makes things findable. */
export function searchables(stations: Iterable<StationView>, blocks: Iterable<BlockBrief>, people: Iterable<PersonBrief>, orders: Iterable<OrderView>): Searchable[] {
  const all: Searchable[] = []
  for (const s of stations) {
    all.push({ kind: 'station', id: s.code, name: s.name, name_en: s.name_en, hint: `${s.code} · ${s.block.name}`, hint_en: `${s.code} · ${s.block.name_en}`, keys: keysOf(s.name, s.name_en, s.code) })
  }
  for (const b of blocks) {
    all.push({ kind: 'block', id: String(b.id), name: b.name, name_en: b.name_en, hint: b.code, hint_en: b.code, keys: keysOf(b.name, b.name_en, b.code) })
  }
  for (const p of people) {
    all.push({ kind: 'person', id: String(p.id), name: p.name, name_en: p.name_en, hint: p.mobile ?? '', hint_en: p.mobile ?? '', keys: keysOf(p.name, p.name_en, p.mobile) })
  }
  for (const o of orders) {
    all.push({ kind: 'order', id: String(o.id), name: o.number, name_en: o.number, hint: o.station.name, hint_en: o.station.name_en, keys: keysOf(o.number, o.station.name) })
  }
  return all
}

/** The best `most` for what was typed: whole beginnings first, then anywhere. */
export function find(all: readonly Searchable[], typed: string, most = 12): Found[] {
  const wanted = typed.trim().toLowerCase()
  if (!wanted) return []
  const scored: { one: Searchable; score: number }[] = []
  for (const one of all) {
    let score = 0
    for (const key of one.keys) {
      const at = key.indexOf(wanted)
      if (at === 0) score = Math.max(score, key.length === wanted.length ? 4 : 3)
      else if (at > 0) score = Math.max(score, 1)
    }
    if (score) scored.push({ one, score })
  }
  return scored.sort((a, b) => b.score - a.score).slice(0, most).map((s) => s.one)
}
