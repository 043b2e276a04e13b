// The words several parts of the phone page share.
import { words } from '@/words'
import type { ActName } from './outbox'

export const actWord = words({
  accept: { zh: '接单', en: 'Accept' },
  depart: { zh: '我已出发', en: 'I am on my way' },
  arrive: { zh: '我已到达', en: 'I have arrived' },
  handle: { zh: '处置完成', en: 'Handled' },
  reassign: { zh: '退单', en: 'Hand back' },
  acknowledge: { zh: '确认', en: 'Acknowledge' },
}) satisfies Record<ActName, string>

export const stepWord = words({
  accepted: { zh: '接单', en: 'Accepted' },
  departed: { zh: '出发', en: 'On the way' },
  arrived: { zh: '到达', en: 'Arrived' },
  handled: { zh: '处置', en: 'Handled' },
  closed: { zh: '完成', en: 'Closed' },
})

export const bringWord = words({
  warning_posts: { zh: '警示桩', en: 'warning posts' },
  barrier_tape: { zh: '警戒带', en: 'barrier tape' },
  mobile_pump: { zh: '移动泵', en: 'mobile pump' },
  cover_hook: { zh: '井盖钩', en: 'cover hook' },
  grate_rake: { zh: '雨水口耙', en: 'grate rake' },
  waders: { zh: '涉水裤', en: 'waders' },
  life_jacket: { zh: '救生衣', en: 'life jacket' },
  rope: { zh: '安全绳', en: 'safety rope' },
  torch: { zh: '手电', en: 'torch' },
  sandbags: { zh: '沙袋', en: 'sandbags' },
  radio: { zh: '对讲机', en: 'radio' },
  tool_bag: { zh: '工具包', en: 'tool bag' },
  spare_battery: { zh: '备用电池', en: 'spare battery' },
  multimeter: { zh: '万用表', en: 'multimeter' },
})
