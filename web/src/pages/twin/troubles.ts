// What keeps a model from running, or makes it run on less than it should, as sentences.
import type { Trouble } from '@/data/twin'
import { words } from '@/words'

type P = Record<string, unknown>
const s = (p: P, key: string) => String(p[key] ?? '—')
const w = words({
  no_model: { zh: (p: P) => `没有模型文件 models/${s(p, 'file')}。`, en: (p: P) => `There is no model file models/${s(p, 'file')}.` },
  model: { zh: (p: P) => `models/${s(p, 'file')} 有 ${s(p, 'problems')} 处问题,第一处:${s(p, 'first')}`, en: (p: P) => `models/${s(p, 'file')} has ${s(p, 'problems')} problems, the first: ${s(p, 'first')}` },
  bindings: { zh: (p: P) => `models/bindings.json 读不懂:${s(p, 'why')}`, en: (p: P) => `models/bindings.json cannot be read: ${s(p, 'why')}` },
  no_object: { zh: (p: P) => `模型里没有「${s(p, 'name')}」,这条绑定没有用上。`, en: (p: P) => `The model has no “${s(p, 'name')}”; its binding is left out.` },
  no_point: { zh: (p: P) => `测站 ${s(p, 'station')} 没有登记所需的测点,这条绑定没有用上。`, en: (p: P) => `Station ${s(p, 'station')} has no such point; its binding is left out.` },
  engine: { zh: (p: P) => `模型算不下去了(${s(p, 'why')}),已重新开始。`, en: (p: P) => `The model could not go on (${s(p, 'why')}); it has begun anew.` },
  memory: { zh: (p: P) => `上次的状态用不上(${s(p, 'why')}),已重新预热。`, en: (p: P) => `What it remembered cannot be used (${s(p, 'why')}); it has warmed up anew.` },
})

/** The sentence of one trouble. */
export function troubleText(trouble: Trouble): string {
  const say = (w as Record<string, ((p: P) => string) | undefined>)[trouble.code]
  return say ? say(trouble) : trouble.code
}
